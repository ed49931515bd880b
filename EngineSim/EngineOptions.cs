using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.EngineSim.Running;

namespace OrleansKvRouter.EngineSim;

/// <summary>One simulated engine.</summary>
public sealed record EngineOptions
{
    /// <summary>The engine's name, as a pod has one; sent back as the header <c>x-inference-pod</c>.</summary>
    public string Name { get; init; } = "engine-0";

    /// <summary>The IP address to serve on.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The HTTP port; 0 for any free one.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Data-parallel rank, from 0: it stands in the batches of events, and is added to the ports of the event sockets.</summary>
    public int Rank { get; init; }

    /// <summary>The name that <c>/v1/models</c> lists and requests ask for.</summary>
    public required string ServedModel { get; init; }

    /// <summary>LoRA adapters' names: further models to ask for, whose blocks are theirs alone.</summary>
    public IReadOnlyList<string> LoraAdapters { get; init; } = [];

    /// <summary>Tokens a block, at least 1.</summary>
    public int BlockSize { get; init; } = 16;

    /// <summary>Blocks in the cache, at least 1.</summary>
    public int Blocks { get; init; } = 8192;

    /// <summary>Most tokens that prompt and answer may have together; null or more than the cache holds: as many as the cache holds.</summary>
    public int? MaxModelLength { get; init; }

    /// <summary>Most requests that run at once; others wait.</summary>
    public int MaxSequences { get; init; } = 256;

    /// <summary>Most tokens computed in one step; a longer prefill takes several.</summary>
    public int MaxBatchedTokens { get; init; } = 8192;

    /// <summary>Tokens of an answer where the request sets no <c>max_tokens</c>.</summary>
    public int DefaultMaxTokens { get; init; } = 16;

    public EngineSpeed Speed { get; init; } = new();

    /// <summary>vLLM's <c>--prefix-caching-hash-algo</c>.</summary>
    public string HashAlgorithm { get; init; } = "sha256_cbor";

    /// <summary>
    /// What would be the engine's PYTHONHASHSEED; null for unset: chains then start from what the release of
    /// <see cref="EventOptions.Schema"/> starts them from, which up to v0.27 and for xxhash is random.
    /// </summary>
    public string? HashSeed { get; init; }

    /// <summary>How the cache is announced; null for not at all.</summary>
    public EventOptions? Events { get; init; } = new();
}
