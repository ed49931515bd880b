using OrleansKvRouter.Bench.Predict;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>
/// What the router predicts is what engines then report; and where that is no longer so, it is noticed and mended.
/// </summary>
public sealed class PredictionTests : IDisposable
{
    private static readonly string[] Ips = ["127.0.0.14", "127.0.0.15"];

    private readonly ModelsFolder _models = new();

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task Predictions_10000RequestsWithEvictions_AreRightToTheToken()
    {
        // One engine of an older release that names blocks by digests, one of the newest.
        await using var scene = await PredictionScene.StartAsync(_models.Path, new FleetResources { Ips = Ips }, engine => engine with
        {
            Blocks = 150,
            Events = engine.Host == Ips[0] ? engine.Events! with { Schema = "v0.22.0", Hashes = "bytes" } : engine.Events,
        });
        var prompts = new Conversations(seed: 3, count: 30);

        for (var i = 0; i < 10_000; i++) await scene.SendAsync(prompts.Next(), stream: i % 3 == 0);

        var endpoints = (await scene.PoolAsync()).Endpoints;
        var judged = endpoints.Sum(e => e.Predictions!.Judged);
        Assert.InRange(judged, 10_000, 10_100);
        Assert.InRange(endpoints.Sum(e => e.Predictions!.Right), judged * 999 / 1000, judged);
        Assert.All(endpoints, e => Assert.Equal(("exact", 0), (e.Trust.State, e.Predictions!.Contradictions)));
        Assert.Equal(["bytes", "integers"], endpoints.Select(e => e.Wire!.Hashes));
        Assert.InRange(endpoints.Sum(e => e.Predictions!.PredictedTokens), 100_000, long.MaxValue);
        Assert.Contains("kvrouter_events_blocks_removed_total", await scene.Admin.MetricsAsync(), StringComparison.Ordinal);
    }

    /// <summary>With a replay socket the history says once more that everything is there: it takes a second contradiction to disbelieve it.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task Predictions_EngineThatDropsItsCacheAndNeverSaysSo_IsFoundWithin20RequestsAndHealed(bool replays, int mostContradictions)
    {
        await using var scene = await StartOneAsync(replays);
        var prompts = new Conversations(seed: 4, count: 30);
        var before = await WarmUpAsync(scene, prompts);

        await scene.DropCachesAsync(announce: false);

        var stale = await AssertFoundAsync(scene, prompts);
        if (!replays) Assert.InRange(stale.BlocksHeld, 0, before.BlocksHeld / 4);
        await AssertHealsAsync(scene, prompts, mostContradictions);
    }

    /// <summary>The router missed that a cache was cleared, and the engine's replay socket has it.</summary>
    [Fact]
    public async Task Predictions_ClearThatNeverArrived_IsFoundWithin20RequestsAndHealedByReplay()
    {
        Peer? relay = null;
        await using var scene = await StartOneAsync(replays: true, async router =>
        {
            relay = Peer.Python(Path.Combine(Repository.Oracles, "event_relay.py"), router);
            return await relay.ReadLineAsync();
        });
        await using var _ = relay!;
        var prompts = new Conversations(seed: 5, count: 30);
        var before = await WarmUpAsync(scene, prompts);

        await scene.DropCachesAsync(announce: true);

        var stale = await AssertFoundAsync(scene, prompts);
        Assert.Contains("learnt again from what it replays", stale.Trust.Cause, StringComparison.Ordinal);
        var healed = await AssertHealsAsync(scene, prompts, mostContradictions: 1);
        Assert.InRange(healed.Replayed - before.Replayed, 1, long.MaxValue);
    }

    private async Task<PredictionScene> StartOneAsync(bool replays, Func<string, Task<string>>? relay = null)
    {
        var port = replays ? Ports.Take() : (int?)null;
        return await PredictionScene.StartAsync(_models.Path, new FleetResources { Ips = Ips[..1], ReplayPort = port }, Change, relay);

        EngineOptions Change(EngineOptions engine) => engine with
        {
            Blocks = 2000,
            Events = port is null ? engine.Events : engine.Events! with { ReplayEndpoint = $"tcp://*:{port}" },
        };
    }

    private static async Task<EndpointStatus> WarmUpAsync(PredictionScene scene, Conversations prompts)
    {
        for (var i = 0; i < 120; i++) await scene.SendAsync(prompts.Next(), stream: false);
        await Eventually.TrueAsync(async () => (await OnlyAsync(scene)).Trust.State == "exact", "the engine is exact");
        return await OnlyAsync(scene);
    }

    private static async Task<EndpointStatus> AssertFoundAsync(PredictionScene scene, Conversations prompts)
    {
        for (var sent = 0; sent < 20 && (await OnlyAsync(scene)).Trust.State == "exact"; sent++) await scene.SendAsync(prompts.Next(), stream: sent % 2 == 0);
        var stale = await OnlyAsync(scene);
        Assert.Equal("stale", stale.Trust.State);
        Assert.Contains("dropped without an event", stale.Trust.Cause, StringComparison.Ordinal);
        Assert.NotNull(stale.Trust.Since);
        return stale;
    }

    private static async Task<EndpointStatus> AssertHealsAsync(PredictionScene scene, Conversations prompts, int mostContradictions)
    {
        for (var i = 0; i < 200 && (await OnlyAsync(scene)).Trust.State != "exact"; i++) await scene.SendAsync(prompts.Next(), stream: false);
        var healed = await OnlyAsync(scene);
        Assert.Equal("exact", healed.Trust.State);
        Assert.InRange(healed.Predictions!.Contradictions, 1, mostContradictions);
        for (var i = 0; i < 60; i++) await scene.SendAsync(prompts.Next(), stream: false);
        Assert.Equal(healed.Predictions.OverTokens, (await OnlyAsync(scene)).Predictions!.OverTokens);
        return healed;
    }

    private static async Task<EndpointStatus> OnlyAsync(PredictionScene scene) => Assert.Single((await scene.PoolAsync()).Endpoints);
}
