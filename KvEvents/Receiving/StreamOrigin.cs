using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>What tells whose events a stream carries.</summary>
internal abstract record StreamOrigin
{
    /// <summary>The rank whose events these are; null where it stands in each batch.</summary>
    public abstract int? Rank { get; }

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
