using System.Collections.Concurrent;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.Grains.Gossip;

namespace OrleansKvRouter.Silo.Routing;

/// <summary>Silos tell each other what they have in flight and what they have just routed where.</summary>
internal sealed class RoutingTopic(ReplicaSharing sharing) : IGossipTopic
{
    private readonly ConcurrentDictionary<SiloAddress, string> _replicas = new();

    public string Name => "routing";

    public byte[]? Look(bool full) => sharing.Look(full) is { IsEmpty: false } news ? NewsWire.Write(news) : null;

    public bool Hear(SiloAddress silo, ReadOnlyMemory<byte> told)
    {
        if (!NewsWire.TryRead(told, out var news)) return false;
        _replicas[silo] = news.Replica;
        sharing.Hear(news);
        return true;
    }

    public void Forget(SiloAddress silo)
    {
        if (_replicas.TryRemove(silo, out var replica)) sharing.Forget(replica);
    }
}
