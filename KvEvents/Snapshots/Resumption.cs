using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// Where a target's stream stands: with its feed, or, from a snapshot, nowhere yet. Under the target's lock.
/// </summary>
internal sealed class Resumption
{
    private EngineState? _waiting;
    private FeedApplier? _feed;
    private int _rank;
    private bool _isShared;

    /// <summary>A state from a snapshot waits for its feed.</summary>
    public void Wait(EngineState state) => _waiting = state;

    /// <summary>A feed takes the target's stream over; returns what it is to go on from, if anything.</summary>
    public EngineState? Join(FeedApplier feed, int rank)
    {
        // Two streams into one target: neither's number says what the index has.
        _isShared |= _feed is not null && _rank != rank;
        (_feed, _rank) = (feed, rank);
        var state = _waiting;
        _waiting = null;
        return state;
    }

    /// <summary>What the engine's feed must know to go on from here; null where nothing can go on.</summary>
    public EngineState? Cut(IKeyFunction function) =>
        _waiting is null ? (_isShared ? null : _feed?.Cut(_rank))
        : _waiting.Hashes.IsEmpty || ReferenceEquals(_waiting.Function, function) ? _waiting
        : null;
}
