using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Replay;

/// <summary>Holes, late starts and restarts of engines that replay, played by the Python publisher over TCP.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly Subscription _subscription = new();

    public void Dispose() => _subscription.Dispose();

    [Theory]
    [InlineData("v0.20.0")]
    [InlineData("v0.26.0")]
    public async Task Gap_EngineHasTheBatches_AppliedInOrderAndNothingIsLost(string schema)
    {
        var (target, engine) = await ConnectingAsync("--schema", schema);
        await using var _ = engine;
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));

        for (var i = 1; i < 6; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(6))));

        await _subscription.EqualAsync(target, engine);
        // The batch behind the hole comes with the replay too.
        await CountsAsync(target, replayed: 6, lost: 0, purges: 0);
        await TrustedAsync(target, TrustState.Exact);
        Assert.Single(_subscription.LinesWith("from sequence 0 on are fetched"));
        Assert.Single(_subscription.LinesWith("has replayed 6 batches"));
    }

    [Fact]
    public async Task Gap_EngineHasForgottenTheBatches_PurgedAndStaleAndGoesOnFromWhatThereIs()
    {
        var (target, engine) = await ConnectingAsync("--buffer-steps", "2");
        await using var _ = engine;
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));

        for (var i = 1; i < 6; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(6))));

        await Eventually.TrueAsync(() => _subscription.Index.KeysOf(target.Holder).SequenceEqual(KeysOf(5, 6)), "what could be had is held, and no more");
        Assert.Equal((4, 1), (target.Status.Lost, target.Status.Purges));
        await TrustedAsync(target, TrustState.Stale);
        Assert.NotNull(target.Status.Trust.Since);
    }

    [Fact]
    public async Task Gap_BatchesThatNobodyHas_PurgedAndWhatFollowsThemIsKept()
    {
        var (target, engine) = await ConnectingAsync();
        await using var _ = engine;
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));

        await engine.PublishAsync(Engine.Lost(Prompt(1)));
        await engine.PublishAsync(Engine.Dropped(Prompt(2)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(3))));

        await Eventually.TrueAsync(() => _subscription.Index.KeysOf(target.Holder).SequenceEqual(KeysOf(2, 3)), "only what came after the hole is held");
        Assert.Equal((1, 1), (target.Status.Lost, target.Status.Purges));
    }

    [Fact]
    public async Task Gap_NobodyReplays_PurgedAtOnce()
    {
        var target = _subscription.Pods.Add("127.0.0.11", sockets: new EngineSockets("127.0.0.1", 0, null, Ports.Take()));
        await using var engine = await _subscription.EngineAsync("127.0.0.11");
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));

        await engine.PublishAsync(Engine.Dropped(Prompt(1)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(2))));

        Assert.Equal(KeysOf(2), _subscription.Index.KeysOf(target.Holder));
        Assert.Equal((1, 1), (target.Status.Lost, target.Status.Purges));
        Assert.Contains("start the engine with a replay_endpoint", Assert.Single(_subscription.LinesWith("could not replay")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LateStart_EngineHasAHistory_LearntBeforeTheFirstLiveBatch()
    {
        var (target, engine) = await ConnectingAsync("--blocks", "8");
        await using var _ = engine;
        for (var i = 0; i < 20; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));

        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(20))));

        await _subscription.EqualAsync(target, engine);
        await CountsAsync(target, replayed: 21, lost: 0, purges: 0);
        await TrustedAsync(target, TrustState.Exact);
    }

    [Fact]
    public async Task Restart_UnheardAndFurtherThanBefore_FoundByTheBatchThatDiffers()
    {
        var (target, engine) = await ConnectingAsync();
        await using var _ = engine;
        for (var i = 0; i < 3; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));
        await Subscription.ReachedAsync(target, 2);

        // The new process gets beyond number 2 before it is heard: to the numbers alone that is a hole.
        await engine.TellAsync(Engine.Control("restart"));
        for (var i = 10; i < 15; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(15))));

        await _subscription.EqualAsync(target, engine);
        Assert.Equal(1, _subscription.Observed["restarts:pool"]);
        Assert.Equal(0, target.Status.Lost);
    }

    [Fact]
    public async Task Silence_LastBatchesWereLost_FoundByAskingAgain()
    {
        var (target, engine) = await ConnectingAsync();
        await using var _ = engine;
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));
        await engine.PublishAsync(Engine.Dropped(Prompt(1)));
        Assert.Equal(KeysOf(0), _subscription.Index.KeysOf(target.Holder));

        _subscription.Time.Pass(TimeSpan.FromSeconds(3));

        await _subscription.EqualAsync(target, engine);
        await CountsAsync(target, replayed: 1, lost: 0, purges: 0);
    }

    [Fact]
    public async Task Silence_EngineWasRestartedAndIsIdle_PurgedByAskingAgain()
    {
        var (target, engine) = await ConnectingAsync();
        await using var _ = engine;
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Prompt(0))));
        await engine.TellAsync(Engine.Control("restart"));
        Assert.Empty(await engine.BlocksAsync());

        _subscription.Time.Pass(TimeSpan.FromSeconds(3));

        await _subscription.EqualAsync(target, engine);
        Assert.Equal(1, _subscription.Observed["restarts:pool"]);
    }

    private static uint[] Prompt(int number) => Pods.Tokens(32, first: 1_000 * (uint)(number + 1));

    private ulong[] KeysOf(params int[] prompts) => [.. prompts.SelectMany(number => _subscription.Pods.KeysOf(Prompt(number))).Order()];

    private static Task TrustedAsync(FeedTarget target, TrustState state) =>
        Eventually.TrueAsync(() => target.Status.Trust.State == state, $"the engine becomes {state}");

    /// <summary>A batch is counted when it has been applied, so the counts come a moment after the blocks.</summary>
    private static Task CountsAsync(FeedTarget target, long replayed, long lost, long purges) => Eventually.TrueAsync(
        () => (target.Status.Replayed, target.Status.Lost, target.Status.Purges) == (replayed, lost, purges), $"{replayed} replayed, {lost} lost, {purges} purges");

    /// <summary>An engine that connects to the subscriber and replays at a port of its own.</summary>
    private async Task<(FeedTarget Target, Engine Engine)> ConnectingAsync(params string[] arguments)
    {
        var replay = Ports.Take();
        var target = _subscription.Pods.Add("127.0.0.11", sockets: new EngineSockets("127.0.0.1", 0, null, replay));
        var engine = await _subscription.EngineAsync("127.0.0.11", ["--replay-endpoint", $"tcp://*:{replay}", .. arguments]);
        return (target, engine);
    }
}
