using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// Where a target's stream stands: with its feed, or, from a snapshot, nowhere yet. Under the target's lock.
/// </summary>
internal sealed class Resumption
{
    private EngineState? _waiting;
    private volatile FeedApplier? _feed;
    private int _rank;

    /// <summary>A state from a snapshot waits for its feed.</summary>
    public void Wait(EngineState state) => _waiting = state;

    /// <summary>
    /// A feed takes the target's stream over. The one before it must write no more: of two streams into one target, neither's
    /// numbers say what the index has.
    /// </summary>
    /// <param name="feed">The one that comes.</param>
    /// <param name="rank">Its data-parallel rank.</param>
    /// <param name="state">What it is to go on from, if anything.</param>
    /// <returns>True when another feed had it: what the index says came from there.</returns>
    public bool Join(FeedApplier feed, int rank, out EngineState? state)
    {
        var wasAnothers = _feed is not null;
        (_feed, _rank) = (feed, rank);
        (state, _waiting) = (_waiting, null);
        return wasAnothers;
    }

    /// <summary>Whether another feed has the target now. Any thread may ask.</summary>
    public bool IsTakenFrom(FeedApplier feed) => _feed is { } taker && taker != feed;

    /// <summary>What the engine's feed must know to go on from here; null where nothing can go on.</summary>
    public EngineState? Cut(IKeyFunction function) =>
        _waiting is null ? _feed?.Cut(_rank)
        : _waiting.Hashes.IsEmpty || ReferenceEquals(_waiting.Function, function) ? _waiting
        : null;
}
