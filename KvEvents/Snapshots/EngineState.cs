using OrleansKvRouter.KvEvents.Applying;
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

    /// <summary>The pool's key function at the time: the map is of no use with another.</summary>
    public required IKeyFunction Function { get; init; }

    /// <summary>The map of an engine that needs one; null for others.</summary>
    public MapCut? Map { get; init; }
}

/// <summary>
/// An engine's map at one moment. It is copied by whoever comes first: the feed before it changes the map, or the snapshot.
/// Under the target's lock, but for <see cref="Content"/> once it is taken.
/// </summary>
internal sealed class MapCut
{
    private readonly bool _waits;
    private MappedBlocks? _source;
    private IReadOnlyList<MapContent>? _content;

    /// <summary>Of a feed's map.</summary>
    public MapCut(MappedBlocks source) => _source = source;

    /// <summary>Of a map that waits for its feed.</summary>
    public MapCut(IReadOnlyList<MapContent> content) => (_content, _waits) = (content, true);

    public IReadOnlyList<MapContent> Content => _content!;

    /// <summary>Copies the map unless that is done, or nobody wants it any more.</summary>
    public void Take()
    {
        if (_source is not null) _content = _source.Export();
        _source = null;
    }

    /// <summary>The snapshot needs it no more.</summary>
    public void Release()
    {
        if (!_waits) (_source, _content) = (null, null);
    }
}
