namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Several processes that follow the same engines, each engine's events applied by one of them: what the others hear of it they
/// forward to that one. Any thread may call it.
/// </summary>
public interface IFeedSharing
{
    /// <summary>Events are received from now on; what others forward may come in through <paramref name="entrance"/>.</summary>
    void Start(IFeedEntrance entrance);

    /// <summary>A batch of an engine whose events another process applies. The payload is the caller's: it is copied.</summary>
    /// <param name="target">The engine.</param>
    /// <param name="topic">The topic under which it came.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="payload">Its bytes.</param>
    void Forward(FeedTarget target, string topic, long sequence, ReadOnlySpan<byte> payload);

    /// <summary>An engine's answers contradict its events (<see cref="FeedTarget.Distrust"/>).</summary>
    void Distrust(FeedTarget target, string cause);

    /// <summary>An engine's answers agree with its events again.</summary>
    void Trust(FeedTarget target);
}

/// <summary>The way in for batches that other processes received. Any thread may call it.</summary>
public interface IFeedEntrance
{
    /// <summary>Takes a batch over; false when too much waits already.</summary>
    bool TryDeliver(string topic, long sequence, byte[] payload);

    /// <summary>Which engines' events this process applies has changed: sockets and replays follow.</summary>
    void Review();
}
