using System.Globalization;
using System.Text;

namespace OrleansKvRouter.Bench.Processes;

/// <summary>Resource documents for engines on this machine: an InferencePool, its InferenceTrafficPolicy, and a Pod for each engine.</summary>
public sealed record FleetResources
{
    public const string PoolName = "qwen-inference-pool";

    public required IReadOnlyList<string> Ips { get; init; }

    public int Port { get; init; } = 8000;

    public int BlockSize { get; init; } = 64;

    public string HashSeed { get; init; } = "42";

    /// <summary>The port on which engines replay; null: they do not.</summary>
    public int? ReplayPort { get; init; }

    /// <summary>The port on which engines publish for the router to connect to; null: they connect to the router.</summary>
    public int? EventsPort { get; init; }

    /// <summary>Whether nothing but the longest prefix decides: neither load nor what was just routed, nor doubts of an endpoint.</summary>
    public bool ByPrefixAlone { get; init; }

    /// <summary>The documents as one YAML text.</summary>
    public string ToYaml()
    {
        var yaml = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $$"""
            apiVersion: inference.networking.k8s.io/v1
            kind: InferencePool
            metadata:
              name: {{PoolName}}
            spec:
              targetPorts:
                - number: {{Port}}
              selector:
                matchLabels:
                  app: qwen3
            ---
            apiVersion: inferenceextension.alibabacloud.com/v1alpha1
            kind: InferenceTrafficPolicy
            metadata:
              name: inference-policy
            spec:
              poolRef:
                name: {{PoolName}}
              profile:
                single:
                  trafficPolicy:{{(ByPrefixAlone ? PrefixAlone : "")}}
                    prefixCache:
                      mode: tracking
                      trackingConfig:
                        indexerConfig:
                          tokenProcessorConfig:
                            blockSize: {{BlockSize}}
                            hashSeed: "{{HashSeed}}"
                            model: Qwen/Qwen3-32B

            """));
        if (ReplayPort is not null || EventsPort is not null) yaml.AppendLine("            eventsConfig:");
        if (ReplayPort is { } replay) yaml.AppendLine(CultureInfo.InvariantCulture, $"              replayPort: {replay}");
        if (EventsPort is { } events) yaml.AppendLine(CultureInfo.InvariantCulture, $"              mode: connect\n              port: {events}");
        for (var i = 0; i < Ips.Count; i++) yaml.Append(Pod($"qwen3-{i}", Ips[i]));
        return yaml.ToString();
    }

    /// <summary>Writes the documents into a folder of their own and returns the folder.</summary>
    public string WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "fleet.yaml"), ToYaml());
        return folder;
    }

    private const string PrefixAlone = """

                weights: {prefix: 1, queueDepth: 0, kvCacheUtilization: 0, inFlightTokens: 0}
                speculation: {weight: 0}
                trust: {staleFactor: 1}
        """;

    private static string Pod(string name, string ip) => $$"""
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          labels:
            app: qwen3
        status:
          podIP: {{ip}}
          conditions:
            - type: Ready
              status: "True"

        """;
}
