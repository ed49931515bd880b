using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>The engines that this silo's node knows from its resources. The node implements it from its pools. Any thread.</summary>
public interface IEngineDirectory
{
    /// <summary>All engines whose events are tracked.</summary>
    IReadOnlyCollection<FeedTarget> Engines { get; }
}
