using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Replay;

/// <summary>Engines that connect to the router, and are asked at their replay ports before they say anything.</summary>
public sealed class BindModeTests : IDisposable
{
    private const string Ip = "127.0.0.11";

    private readonly Subscription _subscription = new();
    private readonly int _replay = Ports.TakeRow(2);

    public void Dispose() => _subscription.Dispose();

    [Fact]
    public async Task Follow_IdleEngineWithAHistory_LearntBeforeItSaysAnything()
    {
        await using var engine = await EngineAsync();
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Silent(i));

        var target = Follow(rank: 0);

        await _subscription.EqualAsync(target, engine);
        await Eventually.TrueAsync(() => target.Status is { Replayed: 5, Trust.State: TrustState.Exact }, "all five batches were replayed");
        Assert.Empty(_subscription.LinesWith("publishes KV events as"));
    }

    [Fact]
    public async Task Follow_EngineSpeaksAfterItWasAsked_ItsTopicGoesOnWithTheSameCursor()
    {
        await using var engine = await EngineAsync();
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Silent(i));
        var target = Follow(rank: 0);
        await Subscription.ReachedAsync(target, 4);

        await Subscription.ReachedAsync(target, await engine.PublishAsync(Request(100)));

        await _subscription.EqualAsync(target, engine);
        Assert.Equal((0, 0), (target.Status.Purges, target.Status.Lost));
        Assert.Single(_subscription.LinesWith($"publishes KV events as kv@{Ip}"));
        Assert.Empty(_subscription.LinesWith("under another topic"));
    }

    [Fact]
    public async Task Follow_EngineSpeaksWhileItIsAsked_WhatItSaysComesBehindItsHistory()
    {
        // 300 requests evict one another from 64 blocks.
        await using var engine = await EngineAsync("--blocks", "64");
        for (var i = 0; i < 150; i++) await engine.PublishAsync(Silent(i));
        var target = Follow(rank: 0);
        for (var i = 150; i < 300; i++) await engine.PublishAsync(i % 10 == 0 ? Silent(i) : Request(i));

        await Subscription.ReachedAsync(target, 299);

        await _subscription.EqualAsync(target, engine);
        Assert.Equal((0, 0), (target.Status.Purges, target.Status.Lost));
        Assert.Equal(300, target.Status.Batches);
    }

    [Fact]
    public async Task Follow_RanksOfAPod_EachAskedAtItsOwnReplayPort()
    {
        await using var first = await UnsubscribedAsync(_subscription);
        await using var second = await UnsubscribedAsync(_subscription, "--dp-rank", "1");
        for (var i = 0; i < 3; i++) await first.PublishAsync(Silent(i));
        for (var i = 10; i < 15; i++) await second.PublishAsync(Silent(i));

        var targets = new[] { Add(rank: 0), Add(rank: 1) };
        _subscription.Subscriber.Follow(targets);

        await _subscription.EqualAsync(targets[0], first);
        await _subscription.EqualAsync(targets[1], second);
        Assert.Equal((2, 4), (targets[0].Status.Cursor, targets[1].Status.Cursor));
    }

    [Fact]
    public async Task Follow_EngineRestartsWhileIdle_WhatItHadIsForgotten()
    {
        await using var engine = await EngineAsync();
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Silent(i));
        var target = Follow(rank: 0);
        await _subscription.EqualAsync(target, engine);

        await engine.TellAsync(Engine.Control("restart"));
        for (var i = 20; i < 22; i++) await engine.PublishAsync(Silent(i));
        _subscription.Time.Pass(TimeSpan.FromSeconds(30));

        await _subscription.EqualAsync(target, engine);
        Assert.Equal(1, target.Status.Cursor);
    }

    [Fact]
    public async Task Follow_EngineDoesNotAnswer_RecoveringAndAskedAgain()
    {
        using var subscription = new Subscription(options: new EventSubscriberOptions { Replay = new ReplayOptions { Backoff = TimeSpan.FromMilliseconds(1) } });
        var target = subscription.Pods.Add(Ip, rank: 0, Sockets(0));
        subscription.Subscriber.Follow([target]);

        await Eventually.TrueAsync(() => target.Standing.Cause.Contains("it is asked again", StringComparison.Ordinal), "it was asked in vain");
        Assert.Equal(TrustState.Recovering, target.Standing.State);
        Assert.Contains($"tcp://127.0.0.1:{_replay}", target.Standing.Cause, StringComparison.Ordinal);

        await using var engine = await UnsubscribedAsync(subscription);
        for (var i = 0; i < 3; i++) await engine.PublishAsync(Silent(i));
        Assert.Equal(-1, target.Status.Cursor);
        subscription.Time.Pass(TimeSpan.FromMinutes(2));

        await subscription.EqualAsync(target, engine);
        await Eventually.TrueAsync(() => target.Standing.State == TrustState.Exact, "it has answered");
    }

    [Fact]
    public async Task Follow_EngineDoesNotAnswerAndPublishes_ItsEventsCount()
    {
        using var subscription = new Subscription(options: new EventSubscriberOptions { Replay = new ReplayOptions { Backoff = TimeSpan.FromMilliseconds(1) } });
        var target = subscription.Pods.Add(Ip, rank: 0, Sockets(0));
        subscription.Subscriber.Follow([target]);
        await Eventually.TrueAsync(() => target.Standing.Cause.Contains("it is asked again", StringComparison.Ordinal), "it was asked in vain");

        await using var engine = await subscription.EngineAsync(Ip);
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Request(0)));

        await subscription.EqualAsync(target, engine);
        Assert.Equal(EngineTrust.Exact, target.Standing);
    }

    [Fact]
    public async Task Follow_EngineSpeaksUnderAnotherTopic_LearntAgainUnderThat()
    {
        var target = Follow(rank: 0);
        await using (var first = await EngineAsync())
        {
            for (var i = 0; i < 3; i++) await first.PublishAsync(Request(i));
            await Eventually.TrueAsync(() => _subscription.LinesWith("publishes KV events as").Length == 1, "the first topic is heard");
        }

        await using var second = await Engine.StartAsync(_subscription.Subscriber.Port, $"kv@{Ip}@another", "--replay-endpoint", $"tcp://*:{_replay}");
        for (var i = 10; i < 15; i++) await second.PublishAsync(Request(i));

        await _subscription.EqualAsync(target, second);
        Assert.Single(_subscription.LinesWith("under another topic"));
    }

    [Fact]
    public async Task Follow_TwoEndpointsWithOneReplayPort_NeitherIsAskedBeforeItsTopicIsHeard()
    {
        await using var engine = await EngineAsync();
        for (var i = 0; i < 3; i++) await engine.PublishAsync(Silent(i));
        var target = Add(rank: 0);
        var other = _subscription.Pods.Add("127.0.0.12", rank: 0, Sockets(0));
        _subscription.Subscriber.Follow([target, other]);

        await Subscription.ReachedAsync(target, await engine.PublishAsync(Request(100)));

        await _subscription.EqualAsync(target, engine);
        Assert.Equal((-1, 0), (other.Status.Cursor, _subscription.Index.BlocksHeld(other.Holder)));
    }

    private static uint[] Prompt(int number) => Pods.Tokens(32, first: 1_000 * (uint)number);

    private static object Request(int number) => Engine.Request(Prompt(number));

    /// <summary>A request of before: what it brought about can be replayed, and nobody hears it.</summary>
    private static object Silent(int number) => Engine.Dropped(Prompt(number));

    private EngineSockets Sockets(int rank) => new("127.0.0.1", rank, null, _replay);

    private Task<Engine> EngineAsync(params string[] arguments) => _subscription.EngineAsync(Ip, ["--replay-endpoint", $"tcp://*:{_replay}", .. arguments]);

    private Task<Engine> UnsubscribedAsync(Subscription subscription, params string[] arguments) => Engine.StartUnsubscribedAsync(
        subscription.Subscriber.Port, $"kv@{Ip}@{Subscription.Model}", ["--replay-endpoint", $"tcp://*:{_replay}", .. arguments]);

    private FeedTarget Add(int rank) => _subscription.Pods.Add(Ip, rank, Sockets(rank));

    private FeedTarget Follow(int rank)
    {
        var target = Add(rank);
        _subscription.Subscriber.Follow(_subscription.Pods.All);
        return target;
    }
}
