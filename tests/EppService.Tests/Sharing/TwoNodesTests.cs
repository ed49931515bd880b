using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.Scheduling.Model;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Sharing;

/// <summary>Replicas that hear each other decide as one would; those that do not, each for itself.</summary>
public sealed class TwoNodesTests
{
    private const int Pods = 16;

    [Fact]
    public async Task Burst_OneColdPrefix_GoesToOneEndpointOnlyWhereReplicasHearEachOther()
    {
        var together = await CountsAsync(wired: true);
        var apart = await CountsAsync(wired: false);

        Assert.Equal([64], together.Values);
        Assert.Equal([32, 32], apart.Values);

        static async Task<Dictionary<string, int>> CountsAsync(bool wired)
        {
            using var nodes = await TwoNodes.StartAsync(Pods, wired);
            return await nodes.BurstAsync(Enumerable.Range(0, 64).Select(_ => IdsBody(Ids(160))));
        }
    }

    /// <summary>A burst that one endpoint cannot take moves on, and in both nodes to the same place: no endpoint gets a quarter more than its share.</summary>
    [Fact]
    public async Task Burst_OneColdPrefixAndScrapedEngines_IsSpreadAsFarAsLoadDemands()
    {
        using var nodes = await TwoNodes.StartAsync(pods: 4, wired: true);
        foreach (var router in nodes.Routers)
        {
            foreach (var endpoint in router.Registry.Pools[0].View.Endpoints) endpoint.Candidate.Load.Observe(new EngineMetrics(0, 0, 0, 0), new LoadMark(0, TimeSpan.Zero));
        }

        var counts = await nodes.BurstAsync(Enumerable.Range(0, 64).Select(_ => IdsBody(Ids(1600))));

        Assert.Equal(4, counts.Count);
        Assert.InRange(MaxOverMean(counts, 4), 1, 1.5);
    }

    [Fact]
    public async Task Burst_DifferentColdPrompts_IsEvenOnlyWhereReplicasHearEachOther()
    {
        var together = await MaxOverMeanAsync(wired: true);
        var apart = await MaxOverMeanAsync(wired: false);

        Assert.Equal(1, together);
        Assert.True(apart >= 2, $"{apart}");

        static async Task<double> MaxOverMeanAsync(bool wired)
        {
            using var nodes = await TwoNodes.StartAsync(Pods, wired);
            return MaxOverMean(await nodes.BurstAsync(Enumerable.Range(0, Pods).Select(i => IdsBody(Ids(160, first: (uint)(10_000 * (i + 1)))))), Pods);
        }
    }

    [Fact]
    public async Task Hear_LoadOfAnother_CountsUntilItIsTwoSecondsOldOrTheOtherIsGone()
    {
        var time = new ManualTime();
        using var nodes = await TwoNodes.StartAsync(pods: 1, wired: true, time: time);
        var (there, here) = (nodes.Routers[0], nodes.Routers[1].Endpoint(0).Candidate.Load);
        var picked = Assert.IsType<PickOutcome.Picked>(await there.PickAsync(IdsBody(Ids(100))));
        nodes.Tell();
        Assert.Equal((1, 100L, 0), (here.InFlightRequests, here.InFlightTokens, here.OwnRequests));

        Pass(2);
        Assert.Equal(1, here.InFlightRequests);
        Pass(0.001);
        Assert.Equal((0, 0L), (here.InFlightRequests, here.InFlightTokens));
        nodes.Tell();
        Assert.Equal(0, here.InFlightRequests);
        nodes.Tell(full: true);
        Assert.Equal((1, 100L), (here.InFlightRequests, here.InFlightTokens));

        nodes.Sharing[1].Forget("node-0");
        Assert.Equal(0, here.InFlightRequests);
        nodes.Tell(full: true);
        picked.Lease.Dispose();
        nodes.Tell();
        Assert.Equal((0, 0L), (here.InFlightRequests, here.InFlightTokens));
        Assert.Equal((0, 0L), (there.Endpoint(0).Candidate.Load.InFlightRequests, there.Endpoint(0).Candidate.Load.InFlightTokens));

        void Pass(double seconds)
        {
            time.Pass(TimeSpan.FromSeconds(seconds));
            nodes.Sharing[1].Deciding();
        }
    }

    [Fact]
    public async Task Hear_FullNewsThatNamesNothing_NothingIsInFlightThere()
    {
        using var nodes = await TwoNodes.StartAsync(pods: 2, wired: false);
        var here = nodes.Routers[1].Endpoint(0).Candidate.Load;
        await nodes.Routers[0].PickAsync(IdsBody(Ids(100)), subset: ["10.0.0.1:8000"]);
        var news = nodes.Sharing[0].Look(full: true);
        nodes.Sharing[1].Hear(news);
        nodes.Sharing[0].Hear(news);
        Assert.Equal((1, 1), (here.InFlightRequests, nodes.Routers[0].Endpoint(0).Candidate.Load.InFlightRequests));

        nodes.Sharing[1].Hear(news with { Loads = [] });
        Assert.Equal(0, here.InFlightRequests);
    }

    [Fact]
    public async Task Hear_PrefixForANamedRank_IsExpectedOfThatRankAlone()
    {
        using var nodes = await TwoNodes.StartAsync(pods: 1, wired: true, Tracking() with { DataParallel = new DataParallelConfig { Ranks = 2 } });
        foreach (var router in nodes.Routers) router.Hold(0, Ids(16));
        var picked = Assert.IsType<PickOutcome.Picked>(await nodes.Routers[0].PickAsync(IdsBody(Ids(400))));
        Assert.Equal(0, picked.Rank);
        nodes.Tell();

        var ranks = nodes.Routers[1].Endpoint(0).Ranks!.All;
        Assert.Equal((1, 0), (ranks[0].Load.InFlightRequests, ranks[1].Load.InFlightRequests));
        Assert.True(ranks[0].Routed[1] is not null || ranks[0].Routed[0] is not null);
        Assert.True(ranks[1].Routed[1] is null && ranks[1].Routed[0] is null);
    }

    [Fact]
    public void RoutedQueue_NobodyTakes_TheOldestAreDroppedAndCounted()
    {
        var queue = new RoutedQueue(maxKeys: 100);
        for (var i = 0; i < 50; i++) queue.Add($"endpoint {i}", null, new OrleansKvRouter.Contracts.Index.BlockKey[10]);

        var left = queue.TakeAll();
        Assert.Equal((10, "endpoint 40", 40L), (left.Length, left[0].Endpoint, queue.Dropped));
        Assert.Empty(queue.TakeAll());
    }

    private static double MaxOverMean(Dictionary<string, int> counts, int endpoints) => counts.Values.Max() / ((double)counts.Values.Sum() / endpoints);
}
