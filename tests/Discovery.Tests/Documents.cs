namespace OrleansKvRouter.Tests.Discovery;

/// <summary>Small documents that tests put together.</summary>
internal static class Documents
{
    public const string Pool = """
        apiVersion: inference.networking.k8s.io/v1
        kind: InferencePool
        metadata:
          name: qwen
        spec:
          selector:
            matchLabels:
              app: qwen3
          targetPorts:
            - number: 8000
        """;

    public static string Pod(string name, string ip, string labels = "app: qwen3", string ready = "\"True\"") => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          labels: { {{labels}} }
        status:
          podIP: {{ip}}
          conditions:
            - type: Ready
              status: {{ready}}
        """;

    /// <summary>A policy for the pool "qwen" with the given lines under tokenProcessorConfig.</summary>
    public static string Policy(params string[] tokenProcessor) => $$"""
        apiVersion: inferenceextension.alibabacloud.com/v1alpha1
        kind: InferenceTrafficPolicy
        metadata:
          name: policy
        spec:
          poolRef:
            name: qwen
          profile:
            single:
              trafficPolicy:
                prefixCache:
                  mode: tracking
                  trackingConfig:
                    indexerConfig:
                      tokenProcessorConfig:
                        {{string.Join("\n                ", tokenProcessor)}}
        """;

    public static string Join(params string[] documents) => string.Join("\n---\n", documents);
}
