using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Replay;

/// <summary>Engines that are learnt once more, because their answers contradict their events, or because they could not be asked at first.</summary>
public sealed class RebuildTests : IDisposable
{
    private readonly Subscription _subscription = new(options: Subscription.Patient with { Replay = Subscription.Patient.Replay with { HistoryAttempts = 2 } });

    public void Dispose() => _subscription.Dispose();

    [Theory]
    [InlineData("42", TrustState.Exact)]
    [InlineData("43", TrustState.Mapped)]
    public async Task Distrust_EngineReplays_LearntAgainAndStaleUntilAnswersAgree(string seed, TrustState trust)
    {
        var (target, engine) = await ConnectingAsync(Ports.Take(), "--seed", seed);
        await using var _ = engine;
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));
        await Subscription.ReachedAsync(target, 4);

        Assert.True(target.Distrust("its answers say so", DateTimeOffset.UnixEpoch));
        await HeldAsync(target, 0, 1, 2, 3, 4);
        await Eventually.TrueAsync(() => target.Status.Trust.State == trust, "the replay ends");

        Assert.Equal(new EngineTrust(TrustState.Stale, "its answers say so; what was known of it is learnt again from what it replays", DateTimeOffset.UnixEpoch), target.Standing);
        target.Trust();
        Assert.Equal(trust, target.Standing.State);
        await Eventually.TrueAsync(() => target.Status.Replayed == 5, "all five batches count as replayed");
        Assert.Equal((0, 0), (target.Status.Lost, target.Status.Purges));
    }

    [Fact]
    public async Task Distrust_CacheWasClearedBefore_OnlyWhatCameSinceIsAskedFor()
    {
        var (target, engine) = await ConnectingAsync(Ports.Take());
        await using var _ = engine;
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));
        var cleared = await engine.PublishAsync(new { op = "clear" });
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(5))));

        target.Distrust("its answers say so", DateTimeOffset.UnixEpoch);

        await HeldAsync(target, 5);
        Assert.Equal(5, cleared);
        await Eventually.TrueAsync(() => target.Status.Replayed == 2, "both batches count as replayed");
    }

    [Fact]
    public async Task Distrust_AgainBeforeAnswersAgree_ForgottenAndOnlyNewBatchesCount()
    {
        var (target, engine) = await ConnectingAsync(Ports.Take());
        await using var _ = engine;
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));
        target.Distrust("its answers say so", DateTimeOffset.UnixEpoch);
        await HeldAsync(target, 0);

        target.Distrust("and they say so again", DateTimeOffset.UnixEpoch.AddHours(1));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(1))));

        await HeldAsync(target, 1);
        Assert.Equal(new EngineTrust(TrustState.Stale, "and they say so again; what was known of it is forgotten", DateTimeOffset.UnixEpoch), target.Standing);
    }

    [Fact]
    public async Task LateStart_ReplaySocketComesUpLater_AskedAgainAndLearnt()
    {
        var (replay, door) = (Ports.Take(), Ports.Take());
        var (target, engine) = await ConnectingAsync(replay, door);
        await using var _ = engine;
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(5))));
        Assert.Equal(KeysOf(5), _subscription.Index.KeysOf(target.Holder));
        await CauseAsync(target, TrustState.Exact, "what it stored before sequence 5 is not known");
        Assert.True(target.Standing.IsIncomplete);
        Assert.Contains("it is asked again (attempt 1 of 2)", target.Standing.Cause, StringComparison.Ordinal);

        using var proxy = new Wire(replay, door);
        _subscription.Time.Pass(TimeSpan.FromSeconds(1.5));

        await HeldAsync(target, 0, 1, 2, 3, 4, 5);
        await Eventually.TrueAsync(() => target.Standing == EngineTrust.Exact, "nothing is missing any more");
        Assert.Equal((0, 0), (target.Status.Lost, target.Status.Purges));
    }

    [Fact]
    public async Task LateStart_ReplaySocketNeverComesUp_AskedABoundedNumberOfTimesAndNothingIsForgotten()
    {
        var (target, engine) = await ConnectingAsync(Ports.Take(), door: Ports.Take());
        await using var _ = engine;
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(5))));
        await CauseAsync(target, TrustState.Exact, "(attempt 1 of 2)");

        _subscription.Time.Pass(TimeSpan.FromSeconds(1.5));

        await CauseAsync(target, TrustState.Exact, "it is not asked any more (attempt 2 of 2)");
        Assert.Equal(KeysOf(5), _subscription.Index.KeysOf(target.Holder));
    }

    [Fact]
    public async Task LateStart_EngineHasForgottenWhatIsMissing_WhatIsKnownStays()
    {
        var (replay, door) = (Ports.Take(), Ports.Take());
        var (target, engine) = await ConnectingAsync(replay, door, "--buffer-steps", "1");
        await using var _ = engine;
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));
        for (var i = 5; i < 8; i++) await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(i))));
        await CauseAsync(target, TrustState.Exact, "is not known");

        using var proxy = new Wire(replay, door);
        _subscription.Time.Pass(TimeSpan.FromSeconds(1.5));

        await Eventually.TrueAsync(() => target.Standing == EngineTrust.Exact, "it is known that there is no more");
        Assert.Equal(KeysOf(5, 6, 7), _subscription.Index.KeysOf(target.Holder));
    }

    [Fact]
    public async Task Gap_ReplaySocketComesUpLater_PurgedAndLearntAgain()
    {
        var (replay, door) = (Ports.Take(), Ports.Take());
        var (target, engine) = await ConnectingAsync(replay, door);
        await using var _ = engine;
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));
        await engine.PublishAsync(Engine.Dropped(Prompt(1)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(2))));
        Assert.Equal(KeysOf(2), _subscription.Index.KeysOf(target.Holder));
        Assert.Equal(TrustState.Stale, target.Standing.State);

        using var proxy = new Wire(replay, door);
        await Eventually.TrueAsync(
            () =>
            {
                _subscription.Time.Pass(TimeSpan.FromSeconds(0.1));
                return target.Standing == EngineTrust.Exact;
            },
            "nothing is missing any more");

        await HeldAsync(target, 0, 1, 2);
    }

    private static uint[] Prompt(int number) => Pods.Tokens(32, first: 1_000 * (uint)(number + 1));

    private ulong[] KeysOf(params int[] prompts) => [.. prompts.SelectMany(number => _subscription.Pods.KeysOf(Prompt(number))).Order()];

    private Task HeldAsync(FeedTarget target, params int[] prompts) =>
        Eventually.TrueAsync(() => _subscription.Index.KeysOf(target.Holder).SequenceEqual(KeysOf(prompts)), $"the blocks of prompts {string.Join(", ", prompts)} are held");

    private static Task CauseAsync(FeedTarget target, TrustState state, string cause) =>
        Eventually.TrueAsync(() => target.Standing.State == state && target.Standing.Cause.Contains(cause, StringComparison.Ordinal), $"the cause says: {cause}");

    private Task<(FeedTarget Target, Engine Engine)> ConnectingAsync(int replay, params string[] arguments) => ConnectingAsync(replay, replay, arguments);

    /// <summary>An engine that replays at one port, which the router looks for at another.</summary>
    private async Task<(FeedTarget Target, Engine Engine)> ConnectingAsync(int replay, int door, params string[] arguments)
    {
        var target = _subscription.Pods.Add("127.0.0.11", sockets: new EngineSockets("127.0.0.1", 0, null, door));
        var engine = await _subscription.EngineAsync("127.0.0.11", ["--replay-endpoint", $"tcp://*:{replay}", .. arguments]);
        return (target, engine);
    }
}
