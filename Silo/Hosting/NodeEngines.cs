using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.Grains.Feeds;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>The engines of the node's pools.</summary>
internal sealed class NodeEngines(PoolRegistry registry) : IEngineDirectory
{
    public IReadOnlyCollection<FeedTarget> Engines => registry.Feeds;
}
