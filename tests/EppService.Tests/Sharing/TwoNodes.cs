using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.Tests.EppService.Pools;
using OrleansKvRouter.Tests.EppService.Routing;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Sharing;

/// <summary>Two replicas of the router in one process, over the same pool, wired back to back or not at all.</summary>
internal sealed class TwoNodes(RouterUnderTest[] routers, ReplicaSharing[] sharing, bool wired) : IDisposable
{
    public static ManualTime Time { get; } = new();

    public IReadOnlyList<RouterUnderTest> Routers => routers;

    public IReadOnlyList<ReplicaSharing> Sharing => sharing;

    public static async Task<TwoNodes> StartAsync(int pods, bool wired, TrafficPolicy? policy = null, ManualTime? time = null)
    {
        var sharing = new ReplicaSharing[2];
        var routers = new RouterUnderTest[2];
        for (var i = 0; i < 2; i++)
        {
            var node = i;
            routers[i] = await RouterUnderTest.StartAsync(
                [Specs.Pool("qwen", policy ?? Specs.Tracking(), RouterUnderTest.Pods(pods))],
                time: time ?? Time,
                seed: (ulong)(10 + i),
                news: registry => sharing[node] = new ReplicaSharing(registry, new SharingOptions { Replica = $"node-{node}" }, time ?? Time));
        }

        return new TwoNodes(routers, sharing, wired);
    }

    /// <summary>Each tells the other what is new, if they are wired.</summary>
    public void Tell(bool full = false)
    {
        if (!wired) return;
        var news = Array.ConvertAll(sharing, node => node.Look(full));
        sharing[1].Hear(news[0]);
        sharing[0].Hear(news[1]);
    }

    /// <summary>Requests in turn to both nodes, none of which is answered; by endpoint, how many it got.</summary>
    public async Task<Dictionary<string, int>> BurstAsync(IEnumerable<string> bodies)
    {
        var counts = new Dictionary<string, int>();
        var node = 0;
        foreach (var body in bodies)
        {
            var picked = Assert.IsType<PickOutcome.Picked>(await routers[node].PickAsync(body));
            counts[picked.Destination] = counts.GetValueOrDefault(picked.Destination) + 1;
            Tell();
            node = 1 - node;
        }

        return counts;
    }

    public void Dispose()
    {
        foreach (var router in routers) router.Dispose();
    }
}
