using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>What tells whose events a stream carries.</summary>
internal abstract record StreamOrigin
{
    /// <summary>The rank whose events these are; null where it stands in each batch.</summary>
    public abstract int? Rank { get; }

    /// <summary>Whether an engine publishes here; else it is only asked.</summary>
    public virtual bool IsLive => true;

    /// <summary>The endpoint that a rank's events describe; null while there is none.</summary>
    public abstract FeedTarget? Find(int rank, IFeedDirectory directory);
}

/// <summary>The engines of a pod, known from the topic under which they publish to the router.</summary>
internal sealed record TopicOrigin(Topic Topic) : StreamOrigin
{
    public override int? Rank => null;

    public override FeedTarget? Find(int rank, IFeedDirectory directory) => directory.Find(Topic.Ip, Topic.Port, rank, Topic.Model);

    public override string ToString() => Topic.ToString();
}

/// <summary>One engine, known from the connection that the router made to it; its topic may be any.</summary>
internal sealed record ConnectionOrigin(FeedTarget Target, EngineSockets Sockets) : StreamOrigin
{
    public override int? Rank => Sockets.Rank;

    public override FeedTarget? Find(int rank, IFeedDirectory directory) => Target;

    public override string ToString() => Sockets.Events ?? Sockets.Ip;
}

/// <summary>One engine that connects to the router, known from where it replays: it can be asked before it says anything.</summary>
/// <param name="Target">Its endpoint.</param>
/// <param name="Number">Its rank.</param>
/// <param name="Address">Where that rank replays, as <c>tcp://host:port</c>.</param>
internal sealed record ReplayOrigin(FeedTarget Target, int Number, string Address) : StreamOrigin
{
    public override int? Rank => Number;

    public override bool IsLive => false;

    /// <summary>An endpoint that has a replay port.</summary>
    public static ReplayOrigin Of(FeedTarget target)
    {
        // A snapshot knows the rank by which a pod with one engine calls itself.
        var rank = target.RankOnceHeard ?? target.Sockets!.Rank;
        return new ReplayOrigin(target, rank, target.Sockets!.ReplayOf(rank)!);
    }

    public override FeedTarget? Find(int rank, IFeedDirectory directory) => Target;

    public override string ToString() => Address;
}
