using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.Tests.EppService.Pools;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>Two data-parallel ranks behind one port, over real sockets: the Python publisher plays each.</summary>
public sealed class DataParallelTests : IDisposable
{
    private const string Ip = "127.0.0.1";

    private readonly KvEventInstruments _instruments = new();
    private EventSubscriber? _subscriber;

    public void Dispose()
    {
        _subscriber?.Dispose();
        _instruments.Dispose();
    }

    [Theory]
    [InlineData(EventsMode.Bind)]
    [InlineData(EventsMode.Connect)]
    public async Task Pick_TwoRanksBehindOnePort_TheOneThatHoldsMostAndNeverBothTogether(EventsMode mode)
    {
        using var router = await StartAsync(mode, out var events, out var replay);
        await using var rank0 = await RankAsync(0, mode, events, replay);
        await using var rank1 = await RankAsync(1, mode, events, replay);
        await TellAsync(rank0, new { op = "request", tokens = Ids(32) });
        await TellAsync(rank1, new { op = "request", tokens = Ids(96) });
        // Rank 1 has lost the beginning, which rank 0 has: together they would hold all of it.
        await TellAsync(rank1, new { op = "remove", block_hashes = Keys(router, Ids(32)) });
        await TellAsync(rank1, new { op = "request", tokens = Ids(48, first: 9_000) });
        await Eventually.TrueAsync(() => router.Endpoint(0).Ranks!.All is [{ Feed.Status.Cursor: >= 0 }, { Feed.Status.Cursor: >= 2 }], "both ranks are followed");

        Assert.Equal((0, 32), await PickedAsync(router, Ids(112)));
        Assert.Equal((1, 48), await PickedAsync(router, Ids(64, first: 9_000)));
        Assert.Equal((null, 0), await PickedAsync(router, Ids(64, first: 70_000)));

        var explained = Assert.IsType<ExplainOutcome.Explained>(await router.Explainer.ExplainAsync(router.Registry.Pools[0], RouterUnderTest.Completion, Body(Ids(112)), false, default));
        var endpoint = Assert.Single(explained.Result.Endpoints);
        Assert.Equal([new ExplainedRank(0, 2, 32), new ExplainedRank(1, 0, 0)], endpoint.Ranks);
        Assert.Equal((2, 32, 0), (endpoint.MatchedBlocks, endpoint.MatchedTokens, endpoint.Rank));
        Assert.Equal(2 + 7, router.Endpoint(0).BlocksHeld);
    }

    [Fact]
    public async Task Pick_RankLosesABatch_OnlyItsOwnReplayIsAskedAndTheOtherStays()
    {
        using var router = await StartAsync(EventsMode.Connect, out var events, out var replay);
        await using var rank0 = await RankAsync(0, EventsMode.Connect, events, replay);
        await using var rank1 = await RankAsync(1, EventsMode.Connect, events, replay);
        await TellAsync(rank0, new { op = "request", tokens = Ids(32) });
        await TellAsync(rank1, new { op = "request", tokens = Ids(32, first: 5_000) });
        await TellAsync(rank1, new { op = "request", tokens = Ids(48, first: 9_000), drop = true });
        await TellAsync(rank1, new { op = "request", tokens = Ids(32, first: 20_000) });
        await Eventually.TrueAsync(() => router.Endpoint(0).Ranks!.All is [{ Feed.Status.Cursor: 0 }, { Feed.Status.Cursor: 2 }], "both ranks are followed");

        Assert.Equal((1, 48), await PickedAsync(router, Ids(64, first: 9_000)));
        Assert.Equal((0, 32), await PickedAsync(router, Ids(64)));
        Assert.Equal(0, router.Endpoint(0).Ranks!.All.Sum(rank => rank.Feed.Status.Lost));
    }

    [Fact]
    public async Task Pick_EngineSelectsTheRank_NoneIsNamedAndNothingIsJudged()
    {
        using var router = await RouterUnderTest.StartAsync([Specs.Pool("qwen", Policy() with { DataParallel = new() { Ranks = 2, SelectedBy = RankSelection.Engine } }, Specs.Pod("a", Ip))]);
        router.Hold(0, Ids(32));

        var picked = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(Text(Ids(64))));

        Assert.Null(picked.Rank);
        Assert.False(picked.Lease.WantsUsage);
        Assert.Equal(32, router.LastMatched);
        picked.Lease.Dispose();
    }

    [Fact]
    public async Task Pick_BothRanksHoldThePrompt_TheOneWithLessInFlight()
    {
        using var router = await RouterUnderTest.StartAsync([Specs.Pool("qwen", Policy() with { DataParallel = new() { Ranks = 2 } }, Specs.Pod("a", Ip))]);
        var keys = Array.ConvertAll(Keys(router, Ids(32)), key => new BlockKey(key));
        foreach (var rank in router.Endpoint(0).Ranks!.All) rank.Feed.Index.Store(rank.Feed.Holder, null, keys);

        var first = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(Text(Ids(4096))));
        var second = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(Text([.. Ids(32), .. Ids(4064, first: 70_000)])));

        Assert.Equal((0, 1), (first.Rank, second.Rank));
        first.Lease.Dispose();
        second.Lease.Dispose();
        Assert.All(router.Endpoint(0).Ranks!.All, rank => Assert.Equal(0, rank.Load.InFlightTokens));
    }

    private static TrafficPolicy Policy() => Specs.Tracking(algorithm: "sha256_cbor");

    private static uint[] Ids(int count, uint first = 1) => [.. Enumerable.Range(0, count).Select(i => first + ((uint)i * 7))];

    private static string Text(uint[] ids) => $$"""{"model":"Qwen3-32B","prompt":[{{string.Join(',', ids)}}]}""";

    private static byte[] Body(uint[] ids) => System.Text.Encoding.UTF8.GetBytes(Text(ids));

    private static ulong[] Keys(RouterUnderTest router, uint[] ids)
    {
        var tracking = router.Registry.Pools[0].Tracking.Value!;
        var keys = new BlockKey[ids.Length / tracking.BlockSize];
        tracking.Scheme.Function.ComputeKeys(ids, tracking.BlockSize, default, keys);
        return Array.ConvertAll(keys, key => key.Value);
    }

    private static async Task<(int? Rank, int Matched)> PickedAsync(RouterUnderTest router, uint[] ids)
    {
        var picked = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(Text(ids)));
        picked.Lease.Dispose();
        var decision = router.Decisions.Recent(1)[0];
        Assert.Equal(picked.Rank, decision.Rank);
        return (picked.Rank, decision.MatchedTokens);
    }

    private static async Task<Peer> RankAsync(int rank, EventsMode mode, int events, int replay)
    {
        var peer = Peer.Python(
            Path.Combine(Repository.Oracles, "engine_publisher.py"),
            "--endpoint", mode == EventsMode.Bind ? Address(Ip, events) : Address("*", events),
            "--replay-endpoint", Address("*", replay), "--topic", $"kv@{Ip}@Qwen3-32B", "--dp-rank", rank.ToString(CultureInfo.InvariantCulture),
            "--algo", "sha256_cbor", "--seed", "42", "--await-subscriber", "--settle", "0");
        await peer.ReadLineAsync();
        return peer;
    }

    private static string Address(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"tcp://{host}:{port}");

    private static async Task TellAsync(Peer rank, object operation)
    {
        await rank.WriteLineAsync(JsonSerializer.Serialize(operation));
        await rank.ReadLineAsync();
    }

    private Task<RouterUnderTest> StartAsync(EventsMode mode, out int events, out int replay)
    {
        (events, replay) = (Ports.TakeRow(2), Ports.TakeRow(2));
        return StartAsync(mode, events, replay);
    }

    private async Task<RouterUnderTest> StartAsync(EventsMode mode, int events, int replay)
    {
        var policy = Policy() with
        {
            DataParallel = new DataParallelConfig { Ranks = 2 },
            Events = new EventsConfig { Mode = mode, Port = events, ReplayPort = replay },
        };
        var router = await RouterUnderTest.StartAsync([Specs.Pool("qwen", policy, Specs.Pod("a", Ip))]);
        var address = mode == EventsMode.Bind ? Address(Ip, events) : "tcp://127.0.0.1:*";
        var started = EventSubscriber.Start(new EventSubscriberOptions { Address = address, Replay = new() { Patience = Eventually.Limit } }, router.Registry, _instruments, NullLogger<EventSubscriber>.Instance, TimeProvider.System);
        _subscriber = started.Try(out var subscriber, out var fault) ? subscriber : throw new InvalidOperationException(fault.ToString());
        subscriber.Follow(router.Registry.Feeds);
        return router;
    }
}
