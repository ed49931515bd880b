using System.Text;
using System.Text.Json;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Scheduling.Model;
using OrleansKvRouter.Tests.EppService.Routing;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Speculation;

/// <summary>Between a decision and the engine's event: the next request with the same prefix is drawn to the same endpoint, and nothing is promised.</summary>
public sealed class SpeculativeRoutingTests
{
    private const int Many = 12;

    private readonly ManualTime _time = new();

    [Fact]
    public async Task Pick_SamePrefixBeforeAnyEvent_GoesWhereTheFirstWentAndPromisesNothing()
    {
        using var router = await RouterAsync();
        var first = await router.DestinationAsync(IdsBody(Ids(400)));
        for (var i = 0; i < Many; i++)
        {
            Assert.Equal(first, await router.DestinationAsync(IdsBody([.. Ids(400), .. Ids(100, first: (uint)(5000 * (i + 1)))])));
            Assert.Equal(0, router.LastMatched);
        }

        Assert.Equal(Many, router.Registry.Pools[0].Tracking.Value!.Routed.Attracted);
    }

    [Fact]
    public async Task Pick_NothingIsAnnouncedForLong_AnyEndpointIsAsGoodAgain()
    {
        using var router = await RouterAsync();
        await router.DestinationAsync(IdsBody(Ids(400)));
        var picked = new HashSet<string>();
        for (var i = 0; i < Many; i++)
        {
            _time.Pass(TimeSpan.FromSeconds(3));
            picked.Add(await router.DestinationAsync(IdsBody(Ids(400))));
        }

        Assert.True(picked.Count > 2, string.Join(' ', picked));
    }

    [Fact]
    public async Task Pick_PolicySwitchesItOff_AnyEndpointIsAsGood()
    {
        using var router = await RouterAsync(Tracking() with { Speculation = new SpeculationConfig { Weight = 0 } });
        var picked = new HashSet<string>();
        for (var i = 0; i < Many; i++) picked.Add(await router.DestinationAsync(IdsBody(Ids(400))));

        Assert.True(picked.Count > 2, string.Join(' ', picked));
        Assert.Equal(0, router.Registry.Pools[0].Tracking.Value!.Routed.Blocks);
    }

    /// <summary>What counts begins where the endpoint's own match ends, and so goes on to when its first events have come.</summary>
    [Fact]
    public async Task Pick_PartIsAnnouncedMeanwhile_TheRestIsStillExpected()
    {
        using var router = await RouterAsync(pods: 3);
        router.Hold(1, Ids(160));
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(IdsBody(Ids(400))));
        var expected = await ExplainAsync(router, Ids(416));
        Assert.Equal(("10.0.0.2:8000", 10, 25), (expected.Address, expected.MatchedBlocks, expected.SpeculativeBlocks));
        Assert.Equal((160 + (0.9 * 240)) / 416, expected.Scores["prefix"], 2);

        router.Hold(1, Ids(320));
        var later = await ExplainAsync(router, Ids(416));
        Assert.Equal((20, 25), (later.MatchedBlocks, later.SpeculativeBlocks));
        router.Hold(1, Ids(400));
        var announced = await ExplainAsync(router, Ids(416));
        Assert.Equal((25, null), (announced.MatchedBlocks, announced.SpeculativeBlocks));
    }

    [Fact]
    public async Task Pick_OneHoldsWhatAnotherIsExpectedToHold_TheHolder()
    {
        using var router = await RouterAsync(pods: 2);
        await router.DestinationAsync(IdsBody(Ids(400)), subset: ["10.0.0.1:8000"]);
        router.Hold(1, Ids(400));
        for (var i = 0; i < Many; i++) Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(IdsBody(Ids(416))));
    }

    /// <summary>Eight requests that no scrape has seen outweigh a whole prompt that is expected; the burst goes on elsewhere, and stays together there.</summary>
    [Fact]
    public async Task Pick_BurstOfOnePrefix_LoadStillWins()
    {
        using var router = await RouterAsync(pods: 4);
        foreach (var endpoint in router.Registry.Pools[0].View.Endpoints) endpoint.Candidate.Load.Observe(new EngineMetrics(0, 0, 0, 0), new LoadMark(0, TimeSpan.Zero));
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 64; i++)
        {
            var picked = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(IdsBody(Ids(1600))));
            counts[picked.Destination] = counts.GetValueOrDefault(picked.Destination) + 1;
        }

        Assert.Equal(4, counts.Count);
        Assert.InRange(counts.Values.Max(), 16, 24);
    }

    [Fact]
    public async Task Pick_EngineChoosesTheRank_TheEndpointIsKeptAndNoRankIsNamed()
    {
        var policy = Tracking() with { DataParallel = new DataParallelConfig { Ranks = 2 } };
        using var router = await RouterAsync(policy);
        var first = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(IdsBody(Ids(400))));
        for (var i = 0; i < Many; i++)
        {
            var next = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(IdsBody(Ids(400))));
            Assert.Equal((first.Destination, null), (next.Destination, next.Rank));
            next.Lease.Dispose();
        }
    }

    [Fact]
    public async Task Explain_NothingExpected_LeavesTheFieldOut()
    {
        using var router = await RouterAsync(pods: 1);
        var before = JsonSerializer.SerializeToElement(await ExplainResultAsync(router, Ids(100)), AdminJson.Default.ExplainResult);
        Assert.False(before.GetProperty("endpoints")[0].TryGetProperty("speculativeBlocks", out _));

        await router.DestinationAsync(IdsBody(Ids(100)));
        var after = JsonSerializer.SerializeToElement(await ExplainResultAsync(router, Ids(100)), AdminJson.Default.ExplainResult);
        Assert.Equal(6, after.GetProperty("endpoints")[0].GetProperty("speculativeBlocks").GetInt32());
        Assert.Equal(0, after.GetProperty("endpoints")[0].GetProperty("matchedBlocks").GetInt32());
    }

    private Task<RouterUnderTest> RouterAsync(TrafficPolicy? policy = null, int pods = 10) =>
        StartAsync([Pool("qwen", policy ?? Tracking(), Pods(pods))], time: _time);

    private static async Task<ExplainedEndpoint> ExplainAsync(RouterUnderTest router, uint[] ids) => (await ExplainResultAsync(router, ids)).Endpoints[0];

    private static async Task<ExplainResult> ExplainResultAsync(RouterUnderTest router, uint[] ids)
    {
        var outcome = await router.Explainer.ExplainAsync(router.Registry.Pools[0], Completion, Encoding.UTF8.GetBytes(IdsBody(ids)), false, default);
        return Assert.IsType<ExplainOutcome.Explained>(outcome).Result;
    }
}
