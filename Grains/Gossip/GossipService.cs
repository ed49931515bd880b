using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Services;

namespace OrleansKvRouter.Grains.Gossip;

/// <inheritdoc cref="IGossipService"/>
[Reentrant]
internal sealed class GossipService(GrainId id, Silo silo, ILoggerFactory loggers, GossipCircle circle) : GrainService(id, silo, loggers), IGossipService
{
    public Task TellAsync(GossipMessage message)
    {
        circle.Hear(message);
        return Task.CompletedTask;
    }
}

/// <summary>The way to other silos' ears.</summary>
internal sealed class GossipClient(IServiceProvider services) : GrainServiceClient<IGossipService>(services)
{
    public IGossipService At(SiloAddress silo) => GetGrainService(silo);
}
