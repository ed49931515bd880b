using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// Where a target's stream stands: with its delivery, or, from a snapshot, nowhere yet. Under the target's lock.
/// </summary>
internal sealed class Resumption
{
    private EngineState? _waiting;
    private volatile FeedDelivery? _delivery;
    private int? _rank;

    /// <summary>The delivery that has the target's stream; null before there is one.</summary>
    public FeedDelivery? Delivery => _delivery;

    /// <summary>The rank of the stream that is, or is to go on; null where nothing tells.</summary>
    public int? Rank => _rank;

    /// <summary>A state from a snapshot waits for its delivery.</summary>
    public void Wait(EngineState state) => (_waiting, _rank) = (state, state.Rank);

    /// <summary>The index has forgotten the engine: a state that waits has nothing left to go on from. Returns it; null for none.</summary>
    public EngineState? Void()
    {
        var state = _waiting;
        _waiting = null;
        return state;
    }

    /// <summary>
    /// A delivery takes the target's stream over. The one before it must write no more: of two streams into one target, neither's
    /// numbers say what the index has.
    /// </summary>
    /// <param name="delivery">The one that comes.</param>
    /// <returns>What it is to go on from, if anything.</returns>
    public EngineState? Join(FeedDelivery delivery)
    {
        var state = _waiting;
        (_delivery, _waiting, _rank) = (delivery, null, delivery.Rank);
        return state;
    }

    /// <summary>Another process applies the engine's events: what this one knew of its stream is void.</summary>
    public void Leave()
    {
        _delivery?.Applier.Leave();
        (_delivery, _waiting, _rank) = (null, null, null);
    }

    /// <summary>Whether another delivery's feed has the target now. Any thread may ask.</summary>
    public bool IsTakenFrom(FeedApplier feed) => _delivery is { } taker && taker.Applier != feed;

    /// <summary>What the engine's feed must know to go on from here; null where nothing can go on.</summary>
    public EngineState? Cut(IKeyFunction function) =>
        _waiting is null ? _delivery?.Applier.Cut()
        : _waiting.Hashes.IsEmpty || ReferenceEquals(_waiting.Function, function) ? _waiting
        : null;
}
