using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Doctor;
using OrleansKvRouter.Tests.EppService.Admin;

namespace OrleansKvRouter.Tests.EppService.Doctor;

/// <summary>Each rule finds what it is for, names the mend, and is silent about an endpoint in order.</summary>
public sealed class RuleTests
{
    private static readonly EndpointStatus InOrder = ScriptedNode.Endpoint("vllm-0", "127.0.0.11:8000");
    private static readonly NodeStatus Node = new("1.0", true, [], [], "tcp://*:5557");

    private static readonly SnapshotStatus Snapshot = new() { Place = "/data/pools/default/qwen", IntervalSeconds = 5, AgeSeconds = 12 };

    [Fact]
    public void Rules_NodeInOrder_FindNothing()
    {
        var report = DoctorReport.Of(Examine(InOrder));

        Assert.Empty(report.Findings);
        Assert.True(report.Healthy);
    }

    [Fact]
    public void NotReady_IsAProblem() =>
        AssertFinding(Examine(InOrder) with { Node = Node with { Ready = false, NotReady = ["model m is being loaded"] } }, true, "model m is being loaded", "wait");

    [Fact]
    public void ResourceError_NamesTheDocument() => AssertFinding(
        Examine(InOrder) with { Node = Node with { ResourceErrors = [new ResourceError("pools.yaml", "unknown field; did you mean \"blockSize\"?", DateTimeOffset.UnixEpoch)] } },
        true, "1970-01-01 00:00:00Z, the last good version is in force: unknown field", "pools.yaml");

    [Fact]
    public void Pools_None_IsAProblem() => AssertFinding(Examine(InOrder) with { Pools = [] }, true, "no InferencePool", "-f");

    [Fact]
    public void Pool_WithoutPods_NamesTheSelector() => AssertFinding(Examine([]), true, "no pod matches", "spec.selector");

    [Fact]
    public void Pool_WithoutAReadyPod_IsAProblemAndThePodARemark()
    {
        var findings = DoctorReport.Of(Examine(InOrder with { Ready = false })).Findings;

        Assert.Equal([true, false], findings.Select(f => f.IsProblem));
        Assert.Contains("none of its pods is Ready", findings[0].What, StringComparison.Ordinal);
        Assert.Contains("no request goes there", findings[1].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Pool_ModelFilesMissing_SaysTheCause() => AssertFinding(
        ExaminePool(ScriptedNode.Pool("qwen", InOrder) with { Routing = new RoutingStatus(false, "no folder models/Qwen3-32B; put tokenizer.json there") }),
        true, "no folder models/Qwen3-32B; put tokenizer.json there", "do what the cause says");

    [Fact]
    public void Pool_WithoutPolicy_IsARemark() => AssertFinding(
        ExaminePool(ScriptedNode.Pool("qwen", InOrder) with { Policy = TrafficPolicy.Default, Routing = new RoutingStatus(false, "no policy") }),
        false, "no policy", "InferenceTrafficPolicy");

    [Fact]
    public void Snapshots_Failing_NamesTheReason() => AssertFinding(
        ExaminePool(ScriptedNode.Pool("qwen", InOrder) with { Snapshot = Snapshot with { Fault = "no space left on device" } }),
        true, "no space left on device", "/data/pools/default/qwen");

    [Fact]
    public void Snapshots_Old_SaysHowOld() => AssertFinding(
        ExaminePool(ScriptedNode.Pool("qwen", InOrder) with { Snapshot = Snapshot with { AgeSeconds = 90 } }),
        true, "90 s old, though one is due every 5 s", "--snapshot-interval");

    [Fact]
    public void Snapshots_SetAsideAtTheStart_IsARemark() => AssertFinding(
        ExaminePool(ScriptedNode.Pool("qwen", InOrder) with { Snapshot = Snapshot with { Loaded = new SnapshotLoadStatus(3, DateTimeOffset.UnixEpoch, 2, 0, ["snapshot 4 is not used"], 0.1) } }),
        false, "snapshot 4 is not used", "learnt from the engines");

    [Fact]
    public void Snapshots_InOrder_NothingIsSaid() =>
        Assert.Empty(DoctorReport.Of(ExaminePool(ScriptedNode.Pool("qwen", InOrder) with { Snapshot = Snapshot })).Findings);

    [Theory]
    [InlineData("tcp://*:5557", EventsMode.Bind, "tcp://ROUTER:5557")]
    [InlineData("tcp://10.1.2.3:6000", EventsMode.Bind, "tcp://10.1.2.3:6000")]
    [InlineData("tcp://*:5557", EventsMode.Connect, "tcp://*:7000")]
    public void NoEvents_NamesTopicAndEndpoint(string events, EventsMode mode, string endpoint)
    {
        var pool = ScriptedNode.Pool("qwen", InOrder with { Cursor = -1, Batches = 0, Trust = new TrustStatus("unverified", "no first block of a prompt has been seen yet") });
        pool = pool with { Policy = pool.Policy with { Events = new EventsConfig { Mode = mode, Port = 7000 } } };
        var examination = ExaminePool(pool);

        AssertFinding(
            examination with { Node = Node with { Events = events } },
            true, "no KV event", $$"""--kv-events-config '{"enable_kv_cache_events":true,"publisher":"zmq","endpoint":"{{endpoint}}","topic":"kv@127.0.0.11:8000@Qwen/Qwen3-32B"}'""");
    }

    [Theory]
    [InlineData("mapped", SchemeParts.Seed, "PYTHONHASHSEED=42 in the engine's environment")]
    [InlineData("mapped", SchemeParts.Algorithm, "--prefix-caching-hash-algo sha256_cbor_64bit")]
    [InlineData("mapped", SchemeParts.Seed | SchemeParts.Algorithm, "hashSeed in the policy; --prefix-caching-hash-algo sha256_cbor_64bit")]
    [InlineData("mapped", SchemeParts.HashSize, "--prefix-match-unit 64")]
    [InlineData("mapped", SchemeParts.ExtraKeys, "vLLM v0.19 or later")]
    [InlineData("mapped", SchemeParts.None, "tokenProcessorConfig")]
    [InlineData("unverified", SchemeParts.BlockSize, "--block-size 64")]
    public void Hashes_ThatDiffer_NameTheFlag(string state, SchemeParts differs, string mend) => AssertFinding(
        Examine(InOrder with { Trust = new TrustStatus(state, "what differs") { Differs = differs } }), state == "unverified", "what differs", mend);

    [Fact]
    public void Hashes_MappedToTheRoutersOwnKeys_NoEngineIsAskedForThatAlgorithm()
    {
        var mapped = InOrder with { Trust = new TrustStatus("mapped", "differs") { Differs = SchemeParts.Seed | SchemeParts.Algorithm } };

        var finding = Assert.Single(DoctorReport.Of(ExaminePool(ScriptedNode.Pool("qwen", mapped) with { Scheme = "own" })).Findings);

        Assert.Contains("PYTHONHASHSEED", finding.Mend, StringComparison.Ordinal);
        Assert.DoesNotContain("--prefix-caching-hash-algo", finding.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exact", SchemeParts.None, "equal equal equal")]
    [InlineData("mapped", SchemeParts.Seed, "differs equal equal")]
    [InlineData("mapped", SchemeParts.BlockSize, "unknown unknown differs")]
    [InlineData("unverified", SchemeParts.None, "unknown unknown unknown")]
    [InlineData("stale", SchemeParts.None, "unknown unknown unknown")]
    public void Report_SaysWhetherSeedAlgorithmAndBlockSizeAreThePools(string state, SchemeParts differs, string verdicts)
    {
        var line = Assert.Single(DoctorReport.Of(Examine(InOrder with { Trust = new TrustStatus(state, "") { Differs = differs } })).Endpoints);

        Assert.Equal(verdicts, $"{line.Seed} {line.Algorithm} {line.EngineBlockSize}");
    }

    [Fact]
    public void Lost_StillGoingOn_IsAProblem() => AssertFinding(
        ExaminePool(ScriptedNode.Pool("qwen", InOrder with { Lost = 5 }), before: InOrder with { Lost = 3 }), true, "5 batches", "eventsConfig.replayPort");

    [Fact]
    public void Lost_LongAgo_IsARemark() => AssertFinding(Examine(InOrder with { Lost = 5 }), false, "5 batches", "replay_endpoint");

    [Fact]
    public void MissingHistory_IsARemark() => AssertFinding(
        Examine(InOrder with { Trust = new TrustStatus("exact", "what it stored before sequence 5 is not known, tcp://127.0.0.11:5558: Connection refused; it is asked again (attempt 1 of 16)") { Incomplete = true } }),
        false, "before sequence 5", "replayPort");

    [Fact]
    public void Stale_SaysSinceWhenAndWhy() => AssertFinding(
        Examine(InOrder with { Trust = new TrustStatus("stale", "its cache was dropped", DateTimeOffset.UnixEpoch) }), true, "stale since 1970-01-01 00:00:00Z: its cache was dropped", "/reset_prefix_cache");

    [Fact]
    public void Recovering_IsARemark() => AssertFinding(Examine(InOrder with { Trust = new TrustStatus("recovering", "replay") }), false, "recovering: replay", "wait");

    [Theory]
    [InlineData(150, true)]
    [InlineData(200, false)]
    public void Accuracy_Low_IsAProblemWhileItGoesOn(long before, bool problem)
    {
        var low = new PredictionStatus { Judged = 100, PredictedTokens = 1000, OverTokens = 200 };
        AssertFinding(
            ExaminePool(ScriptedNode.Pool("qwen", InOrder with { Predictions = low }), before: InOrder with { Predictions = low with { OverTokens = before } }),
            problem, "the engine computed 20", "--gpu-memory-utilization");
    }

    [Fact]
    public void Reports_None_NamesTheFlag() => AssertFinding(
        Examine(InOrder with { Predictions = new PredictionStatus { Unreported = 7 } }), false, "predictions are not checked", "--enable-prompt-tokens-details");

    [Fact]
    public void PromptTokens_Differ_NamesTheModelFiles() => AssertFinding(
        Examine(InOrder with { Predictions = new PredictionStatus { Judged = 1, Right = 1, Miscounted = 3 } }), true, "3 times", "--chat-template");

    [Fact]
    public void Load_Unknown_IsAProblem() => AssertFinding(
        Examine(InOrder with { Load = new LoadStatus(null, null, null, 0, 0) }), true, "load is unknown", "--disable-log-stats");

    private static Examination Examine(params EndpointStatus[] endpoints) => ExaminePool(ScriptedNode.Pool("qwen", endpoints));

    private static Examination ExaminePool(PoolStatus pool, EndpointStatus? before = null) =>
        new(Node, [before is null ? pool : pool with { Endpoints = [before] }], [pool], TimeSpan.FromSeconds(2));

    private static void AssertFinding(Examination examination, bool isProblem, string what, string mend)
    {
        var report = DoctorReport.Of(examination);
        var finding = Assert.Single(report.Findings);
        Assert.Equal(isProblem, finding.IsProblem);
        Assert.Equal(!isProblem, report.Healthy);
        Assert.Contains(what, finding.What, StringComparison.Ordinal);
        Assert.Contains(mend, finding.Mend, StringComparison.Ordinal);
        Assert.Contains(finding.Mend, report.ToText(), StringComparison.Ordinal);
    }
}
