using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// What one engine's feed must know to go on where another process, or this one a moment ago, was: it belongs together with
/// what the index says of the engine, and is of the same moment. Immutable but for the map.
/// </summary>
internal sealed record EngineState
{
    /// <summary>The data-parallel rank whose stream it is.</summary>
    public required int Rank { get; init; }

    /// <summary>The number of the last applied batch.</summary>
    public required long Sequence { get; init; }

    /// <summary>The time in that batch.</summary>
    public required double Timestamp { get; init; }

    /// <summary>What the engine's hashes say of its trust.</summary>
    public required EngineTrust Verdict { get; init; }

    /// <summary>Why what is known is not enough to rely on; null where it is.</summary>
    public EngineTrust? Stale { get; init; }

    public uint? Group { get; init; }

    /// <summary>The pool's key function at the time: what is remembered of hashes is of no use with another.</summary>
    public required IKeyFunction Function { get; init; }

    public required HashMemory Hashes { get; init; }

    /// <summary>Another process followed the engine until a moment ago, and this one goes on: nothing else can have happened in between.</summary>
    public bool IsHandedOver { get; init; }
}
