using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;

namespace OrleansKvRouter.Tests.EppService.Admin;

/// <summary>A node that says what the test wants it to.</summary>
internal sealed class ScriptedNode : INodeView
{
    private int _poolReads;

    public IReadOnlyList<string> NotReady { get; set; } = [];

    public string Events { get; set; } = "tcp://*:5557";

    public IReadOnlyList<ResourceError> ResourceErrors { get; set; } = [];

    public IReadOnlyList<PoolStatus> Pools
    {
        get
        {
            return Interlocked.Increment(ref _poolReads) > 1 && LaterPools is { } later ? later : field;
        }
        set;
    } = [];

    /// <summary>In place of <see cref="Pools"/> from their second reading on.</summary>
    public IReadOnlyList<PoolStatus>? LaterPools { get; set; }

    public Func<ExplainQuery, ExplainOutcome> Explain { get; set; } = query => new ExplainOutcome.Explained(Result(query.Pool));

    public ExplainQuery? Asked { get; private set; }

    public ValueTask<ExplainOutcome> ExplainAsync(ExplainQuery query, CancellationToken cancellation)
    {
        Asked = query;
        return ValueTask.FromResult(Explain(query));
    }

    public static PoolStatus Pool(string name, params EndpointStatus[] endpoints) => new()
    {
        Namespace = "default",
        Name = name,
        Policy = new TrafficPolicy
        {
            Name = $"{name}-policy",
            Mode = PrefixCacheMode.Tracking,
            TokenProcessor = new TokenProcessorConfig { BlockSize = 64, HashSeed = "42", Model = "Qwen/Qwen3-32B" },
        },
        Scheme = "sha256_cbor_64bit",
        SchemeSource = "proven",
        Routing = new RoutingStatus(true, ""),
        Index = new IndexStatus(1234, 2345, 98765),
        Endpoints = endpoints,
    };

    public static EndpointStatus Endpoint(string name, string address, string trust = "exact", string cause = "") => new()
    {
        Name = name,
        Address = address,
        Ready = true,
        Load = new LoadStatus(2, 5, 0.375, 4096, 3),
        BlocksHeld = 1200,
        Cursor = 77,
        Lost = 0,
        Batches = 78,
        Predictions = new PredictionStatus { Judged = 100, Right = 99, PredictedTokens = 6400, ReportedTokens = 6336, OverTokens = 64 },
        Wire = new WireStatus("vLLM v0.24 on", "integers"),
        Trust = new TrustStatus(trust, cause),
    };

    public static ExplainResult Result(string pool) => new()
    {
        Pool = pool,
        Model = "Qwen/Qwen3-32B",
        Scheme = "sha256_cbor_64bit",
        BlockSize = 64,
        TokenCount = 200,
        TokenIds = [1, 2, 3],
        BlockKeys = [new BlockKey(ulong.MaxValue), new BlockKey(7), new BlockKey(8)],
        Endpoints =
        [
            new("vllm-0", "127.0.0.11:8000", 2, 128, 4.5, new Dictionary<string, double> { ["prefix"] = 1, ["queueDepth"] = 0.75 }),
            new("vllm-1", "127.0.0.12:8000", 0, 0, 1.5, new Dictionary<string, double> { ["prefix"] = 0, ["queueDepth"] = 0.75 }),
        ],
        Picked = "127.0.0.11:8000",
    };
}
