using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.Discovery.Documents;

namespace OrleansKvRouter.Tests.Discovery.Files;

public sealed class ResourceFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PoolSpec OnlyPool(params string[] documents)
    {
        var result = ResourceFiles.Load([_folder.Write("resources.yaml", Join(documents))]);
        Assert.Empty(result.Errors);
        return Assert.Single(result.Snapshot!.Pools);
    }

    [Fact]
    public void Load_ScenarioDocuments_AreAcceptedUnchanged()
    {
        var result = ResourceFiles.Load([Repository.InRepo("tests", "Discovery.Tests", "scenario")]);

        Assert.Empty(result.Errors);
        var pool = Assert.Single(result.Snapshot!.Pools);
        Assert.Equal(("default", "qwen-inference-pool"), (pool.Namespace, pool.Name));
        Assert.Equal([8000], pool.TargetPorts);
        Assert.Equal(new Dictionary<string, string> { ["app"] = "qwen3" }, pool.Selector);
        Assert.Equal("inference-policy", pool.Policy.Name);
        Assert.Equal(PrefixCacheMode.Tracking, pool.Policy.Mode);
        Assert.Equal(new TokenProcessorConfig { BlockSize = 64, HashSeed = "42", Model = "Qwen/Qwen3-32B" }, pool.Policy.TokenProcessor);
        Assert.Equal(["Gateway", "HTTPRoute", "BackendTrafficPolicy"], result.Warnings.Select(warning => warning.What.Split(' ')[1]));
    }

    [Fact]
    public void Load_ExampleInTheDocumentation_IsAccepted()
    {
        var page = File.ReadAllText(Repository.InRepo("docs", "configuration.md"));
        var example = page.Split("```yaml\n")[1].Split("```")[0];

        var pool = OnlyPool(example);

        Assert.Equal(["127.0.0.11:8000", "127.0.0.12:8000"], pool.Endpoints.Where(endpoint => endpoint.Ready).Select(endpoint => endpoint.Address));
        Assert.Equal("qwen", pool.Policy.Name);
    }

    [Fact]
    public void Load_PoolWithoutPolicy_HasTheDefaults()
    {
        var policy = OnlyPool(Pool).Policy;

        Assert.Equal(TrafficPolicy.Default, policy);
        Assert.Equal(PrefixCacheMode.Off, policy.Mode);
    }

    [Fact]
    public void Load_EveryPolicyField_IsRead()
    {
        var policy = OnlyPool(Pool, """
            apiVersion: inferenceextension.alibabacloud.com/v1alpha1
            kind: InferenceTrafficPolicy
            metadata: { name: p, namespace: default, annotations: { note: "1" }, creationTimestamp: 2026-01-01T00:00:00Z, managedFields: [ { manager: kubectl } ] }
            spec:
              poolRef: { group: inference.networking.k8s.io, kind: InferencePool, name: qwen }
              profile:
                single:
                  trafficPolicy:
                    weights: { prefix: 5, queueDepth: 0, kvCacheUtilization: 0.5, inFlightTokens: 1.25 }
                    trust: { staleFactor: 0.25 }
                    tierWeights: { gpu: 0.9, cpu: 0.5, disk: 0 }
                    speculation: { weight: 0.5, holdMilliseconds: 750 }
                    dataParallel: { ranks: 8, selectedBy: engine }
                    admission: { maxQueueDepth: 128 }
                    prefixCache:
                      mode: tracking
                      trackingConfig:
                        eventsConfig: { mode: connect, port: 6557, replayPort: 6558 }
                        indexerConfig:
                          tokenProcessorConfig: { blockSize: 32, hashSeed: "0", hashAlgorithm: sha256_cbor, extraKeys: v0.11.1, model: m }
            status: { conditions: [] }
            """).Policy;

        Assert.Equal(new TokenProcessorConfig { BlockSize = 32, HashSeed = "0", HashAlgorithm = "sha256_cbor", ExtraKeys = "v0.11.1", Model = "m" }, policy.TokenProcessor);
        Assert.Equal(new EventsConfig { Mode = EventsMode.Connect, Port = 6557, ReplayPort = 6558 }, policy.Events);
        Assert.Equal(new ScorerWeights { Prefix = 5, QueueDepth = 0, KvCacheUtilization = 0.5, InFlightTokens = 1.25 }, policy.Weights);
        Assert.Equal(0.25, policy.Trust.StaleFactor);
        Assert.Equal(128, policy.Admission.MaxQueueDepth);
        Assert.Equal(new TierWeights { Gpu = 0.9, Cpu = 0.5, Disk = 0 }, policy.TierWeights);
        Assert.Equal(new SpeculationConfig { Weight = 0.5, HoldMilliseconds = 750 }, policy.Speculation);
        Assert.Equal(new DataParallelConfig { Ranks = 8, SelectedBy = RankSelection.Engine }, policy.DataParallel);
    }

    [Theory]
    [InlineData("42", "42")]
    [InlineData("042", "042")]
    [InlineData("\"00\"", "00")]
    [InlineData("0", "0")]
    [InlineData("0x2A", "0x2A")]
    [InlineData("4294967295", "4294967295")]
    [InlineData("random", "random")]
    [InlineData("'true'", "true")]
    [InlineData("\"\"", "")]
    [InlineData("", null)]
    [InlineData("null", null)]
    public void Load_HashSeed_IsKeptAsWritten(string written, string? seed) =>
        Assert.Equal(seed, OnlyPool(Pool, Policy($"hashSeed: {written}")).Policy.TokenProcessor.HashSeed);

    [Fact]
    public void Load_PodsOfTheSelector_AreEndpointsByName()
    {
        var pool = OnlyPool(Pool, Pod("b", "127.0.0.12", ready: "\"False\""), Pod("a", "127.0.0.11"), Pod("other", "127.0.0.13", "app: llama"), Pod("v6", "0:0::1"));

        Assert.Equal(["127.0.0.11:8000", "127.0.0.12:8000", "[::1]:8000"], pool.Endpoints.Select(endpoint => endpoint.Address));
        Assert.Equal([true, false, true], pool.Endpoints.Select(endpoint => endpoint.Ready));
    }

    [Fact]
    public void Load_SeveralTargetPorts_AreRanks()
    {
        var pool = OnlyPool(Pool + "\n    - number: 8001", Pod("a", "10.0.0.1"));

        Assert.Equal([("10.0.0.1:8000", 0), ("10.0.0.1:8001", 1)], pool.Endpoints.Select(endpoint => (endpoint.Address, endpoint.Rank)));
    }

    [Fact]
    public void Load_PodsOfAnotherNamespace_AreNotMatched() =>
        Assert.Empty(OnlyPool(Pool, Pod("a", "10.0.0.1").Replace("name: a", "name: a\n  namespace: elsewhere", StringComparison.Ordinal)).Endpoints);

    [Fact]
    public void Load_PodBeingDeleted_IsNotReady() =>
        Assert.False(OnlyPool(Pool, Pod("a", "10.0.0.1").Replace("name: a", "name: a\n  deletionTimestamp: 2026-01-01T00:00:00Z", StringComparison.Ordinal)).Endpoints[0].Ready);

    [Fact]
    public void Load_PodAsKubectlPrintsIt_IsAccepted()
    {
        var result = ResourceFiles.Load([_folder.Write("pool.yaml", Pool), Repository.InRepo("tests", "Discovery.Tests", "scenario", "pods", "kubectl-get-pod.yaml")]);

        Assert.Empty(result.Errors);
        Assert.Equal(["10.244.1.17:8000"], result.Snapshot!.Pools[0].Endpoints.Select(endpoint => endpoint.Address));
        Assert.Equal("1f0e2d3c-4b5a-4968-8776-655443322110", result.Snapshot.Pools[0].Endpoints[0].Uid);
    }

    [Fact]
    public void Load_Json_IsReadLikeYaml()
    {
        var path = _folder.Write("list.json", """
            {
            	"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""},
            	"items": [
            		{"apiVersion": "inference.networking.x-k8s.io/v1alpha2", "kind": "InferencePool", "metadata": {"name": "qwen", "annotations": {"emoji": "\ud83d\ude00 \/ ok"}},
            		 "spec": {"selector": {"app": "qwen3"}, "targetPortNumber": 8000, "extensionRef": {"name": "epp", "portNumber": 9002, "failureMode": "FailOpen", "group": "", "kind": "Service"}}}
            	]
            }
            """);
        var pods = _folder.Write("pods.json", """{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a","labels":{"app":"qwen3"}},"spec":{},"status":{"podIP":"10.0.0.1","conditions":[{"type":"Ready","status":"True"}]}}]}""");

        var result = ResourceFiles.Load([path, pods]);

        Assert.Empty(result.Errors);
        Assert.Equal("10.0.0.1:8000", Assert.Single(Assert.Single(result.Snapshot!.Pools).Endpoints).Address);
    }

    [Fact]
    public void Load_Folder_ReadsManifestsOnly()
    {
        _folder.Write("pool.yml", Pool);
        _folder.Write("empty.json", "");
        _folder.Write(".hidden.yaml", "not: [valid");
        _folder.Write("README.md", "not: [valid");

        var result = ResourceFiles.Load([_folder.Path, _folder["pool.yml"]]);

        Assert.Empty(result.Errors);
        Assert.Single(result.Snapshot!.Pools);
    }

    [Fact]
    public void Load_NoPool_WarnsAndIsEmpty()
    {
        var result = ResourceFiles.Load([_folder.Path]);

        Assert.Empty(result.Snapshot!.Pools);
        Assert.Contains("no InferencePool", Assert.Single(result.Warnings).What, StringComparison.Ordinal);
    }
}
