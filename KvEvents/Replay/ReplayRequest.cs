using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Replay;

/// <summary>One wish to have batches again. Its identity tells its answers from those of a wish that was given up.</summary>
/// <param name="address">The engine's ROUTER, as <c>tcp://host:port</c>.</param>
/// <param name="start">The first sequence number wanted.</param>
/// <param name="rank">The data-parallel rank whose batches these are.</param>
/// <param name="sink">Where the answers go.</param>
internal sealed class ReplayRequest(string address, long start, int rank, IReplaySink sink)
{
    private volatile bool _abandoned;

    public string Address { get; } = address;

    public long Start { get; } = start;

    public int Rank { get; } = rank;

    public IReplaySink Sink { get; } = sink;

    /// <summary>True when nobody waits for the answers any more.</summary>
    public bool Abandoned => _abandoned;

    public void Abandon() => _abandoned = true;
}

/// <summary>Carries wishes out. Any thread may call it; the answers come on others.</summary>
internal interface IReplays
{
    void Start(ReplayRequest request);
}

/// <summary>Takes the answers to a replay, from the replay's thread, in their order.</summary>
internal interface IReplaySink
{
    /// <summary>
    /// Takes a batch over; numbers go up, and where one is left out the engine does not have it. Waits while too much is
    /// queued. False when nobody wants it any more: the message is still the caller's.
    /// </summary>
    bool Replayed(ReplayRequest request, long sequence, ZmqMessage payload);

    /// <summary>The replay is over: complete, or for the reason given.</summary>
    void ReplayEnded(ReplayRequest request, Fault? fault);
}
