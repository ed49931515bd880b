using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Replay;

/// <summary>Engines that the router connects to, and ranks whose ports are shifted.</summary>
public sealed class ConnectModeTests : IDisposable
{
    private readonly Subscription _subscription = new();

    public void Dispose() => _subscription.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("any-topic")]
    public async Task Follow_EngineWithAnyTopic_KnownFromTheConnection(string topic)
    {
        var port = Ports.Take();
        var target = Follow("127.0.0.11", new EngineSockets("127.0.0.1", 0, port, null));
        await using var engine = await Engine.StartBoundAsync(port, "--topic", topic);

        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Pods.Tokens(64))));

        await _subscription.EqualAsync(target, engine);
        Assert.Equal(EngineTrust.Exact, target.Status.Trust);
    }

    [Fact]
    public async Task Follow_IdleEngineWithAHistory_LearntWithoutALiveBatch()
    {
        var ports = Ports.Take(2);
        await using var engine = await Engine.StartUnheardAsync(ports[0], "--replay-endpoint", $"tcp://*:{ports[1]}");
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Engine.Request(Pods.Tokens(32, first: 1_000 * (uint)i)));

        var target = Follow("127.0.0.11", new EngineSockets("127.0.0.1", 0, ports[0], ports[1]));

        await _subscription.EqualAsync(target, engine);
        await Eventually.TrueAsync(() => target.Status.Replayed == 5, "all five batches count as replayed");
    }

    [Fact]
    public async Task Follow_RankOfAPod_SubscribedAndReplayedAtItsPorts()
    {
        var ports = Ports.Take(2);
        var (events, replay) = (ports[0], ports[1]);
        var target = Follow("127.0.0.11", new EngineSockets("127.0.0.1", 1, events - 1, replay - 1), rank: 1);
        await using var engine = await Engine.StartBoundAsync(events - 1, "--dp-rank", "1", "--replay-endpoint", $"tcp://*:{replay - 1}");
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Pods.Tokens(32))));
        await engine.PublishAsync(Engine.Dropped(Pods.Tokens(32, first: 9_000)));

        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Pods.Tokens(32, first: 70_000))));

        await _subscription.EqualAsync(target, engine);
        Assert.Equal(0, target.Status.Lost);
    }

    [Fact]
    public async Task Follow_EndpointLeavesAndAnotherComesUnderItsAddress_OnlyTheNewOneIsFed()
    {
        var port = Ports.Take();
        var before = Follow("127.0.0.11", new EngineSockets("127.0.0.1", 0, port, null));
        await using var engine = await Engine.StartBoundAsync(port);
        await Subscription.ReachedAsync(before, await engine.PublishAsync(Engine.Request(Pods.Tokens(32))));

        _subscription.Pods.Remove("127.0.0.11");
        var after = Follow("127.0.0.11", new EngineSockets("127.0.0.1", 0, port, null));
        await Eventually.TrueAsync(
            async () =>
            {
                await engine.PublishAsync(Engine.Request(Pods.Tokens(16, first: 9_000)));
                return after.Status.Batches > 0;
            },
            "the new endpoint is fed");

        Assert.Equal(1, before.Status.Batches);
        Assert.Equal(2, _subscription.Index.BlocksHeld(before.Holder));
    }

    [Fact]
    public async Task Follow_PoolWithTwoRanksInBindMode_TheSecondRanksPortIsBound()
    {
        using var subscription = new Subscription(port: Ports.TakeRow(2));
        var first = subscription.Pods.Add("127.0.0.11", rank: 0, new EngineSockets("127.0.0.11", 0, null, null));
        var second = subscription.Pods.Add("127.0.0.11", rank: 1, new EngineSockets("127.0.0.11", 1, null, null));
        subscription.Subscriber.Follow(subscription.Pods.All);
        await using var engine = await subscription.EngineAsync("127.0.0.11", "--dp-rank", "1");

        await Subscription.ReachedAsync(second, await engine.PublishAsync(Engine.Request(Pods.Tokens(32))));

        await subscription.EqualAsync(second, engine);
        Assert.Equal(0, first.Status.Batches);
    }

    private FeedTarget Follow(string ip, EngineSockets sockets, int rank = 0)
    {
        var target = _subscription.Pods.Add(ip, rank, sockets);
        _subscription.Subscriber.Follow(_subscription.Pods.All);
        return target;
    }
}
