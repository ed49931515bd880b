using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Snapshots;

/// <summary>A router that is restarted beside a Python engine: what it knew it knows again, and nothing that is not so any more.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvrouter-restart-");
    private readonly int[] _ports = Ports.Take(2);

    private EngineSockets Sockets => new("127.0.0.1", 0, _ports[0], _ports[1]);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Restart_EngineWentOnMeanwhile_OnlyWhatIsNewIsReplayed()
    {
        await using var engine = await EngineAsync("--blocks", "24");
        await BeforeAsync(engine, requests: 10);
        for (var i = 10; i < 15; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));

        using var router = new Router(_folder.FullName, Sockets);
        Assert.Equal((TrustState.Recovering, 23), (router.TrustAfterLoad.State, router.BlocksAfterLoad));
        Assert.Contains("has not been heard since the router was restarted", router.TrustAfterLoad.Cause, StringComparison.Ordinal);
        router.Follow();

        await router.EqualAsync(engine);
        Assert.Equal((14, 5), (router.Target.Status.Cursor, router.Target.Status.Replayed));
        await TrustedAsync(router, TrustState.Exact);
    }

    [Fact]
    public async Task Restart_EngineWasRestartedAndIsFurther_NothingOfTheOldProcessIsLeft()
    {
        await using var engine = await EngineAsync();
        await BeforeAsync(engine, requests: 3);
        await engine.TellAsync(Engine.Control("restart"));
        for (var i = 10; i < 16; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));

        using var router = new Router(_folder.FullName, Sockets);
        Assert.True(router.BlocksAfterLoad > 0);
        router.Follow();

        await router.EqualAsync(engine);
    }

    [Fact]
    public async Task Restart_BufferTooShort_WhatWasKnownIsForgotten()
    {
        await using var engine = await EngineAsync("--buffer-steps", "2");
        await BeforeAsync(engine, requests: 3);
        for (var i = 10; i < 16; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));

        using var router = new Router(_folder.FullName, Sockets);
        router.Follow();

        await Eventually.TrueAsync(() => router.Target.Status is { Cursor: 8, Purges: 1 }, "the engine's last batches are applied");
        Assert.All(router.KeysOf(Prompt(0)), key => Assert.False(router.Has(key)));
        Assert.All(router.KeysOf(Prompt(15)), key => Assert.True(router.Has(key)));
        await TrustedAsync(router, TrustState.Stale);
    }

    [Fact]
    public async Task Restart_NobodyReplaysAny_ForgottenWithTheFirstLiveBatch()
    {
        await using var engine = await EngineAsync();
        await BeforeAsync(engine, requests: 3);

        using var router = new Router(_folder.FullName, Sockets with { ReplayPort = Ports.Take() });
        router.Follow();
        await Eventually.TrueAsync(() => router.Logged.Lines.Any(line => line.Contains("could not replay", StringComparison.Ordinal)), "the engine cannot be asked");
        Assert.Equal(TrustState.Recovering, router.Target.Standing.State);
        Assert.True(router.Index.BlocksHeld(router.Target.Holder) > 0);

        await Subscription.ReachedAsync(router.Target, await engine.PublishAsync(Engine.Request(Prompt(20))));

        Assert.Equal(router.KeysOf(Prompt(20)).Length, router.Index.BlocksHeld(router.Target.Holder));
        await TrustedAsync(router, TrustState.Stale);
        Assert.Contains("could not be asked for what it said meanwhile", router.Target.Standing.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_EngineWithoutReplayPort_NothingIsTakenOver()
    {
        await using var engine = await EngineAsync();
        await BeforeAsync(engine, requests: 3);

        using var router = new Router(_folder.FullName, Sockets with { ReplayPort = null });

        Assert.Equal((0L, -1L), (router.BlocksAfterLoad, router.Target.Status.Cursor));
        Assert.Equal(TrustState.Unverified, router.TrustAfterLoad.State);
        Assert.Contains("without a replayPort", router.TrustAfterLoad.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_AnotherPodUnderTheAddress_NothingIsTakenOver()
    {
        await using var engine = await EngineAsync();
        await BeforeAsync(engine, requests: 3);

        using var router = new Router(_folder.FullName, Sockets, uid: "uid-2");

        Assert.Equal((0L, -1L), (router.BlocksAfterLoad, router.Target.Status.Cursor));
        Assert.Equal((0, 1), (router.Loaded.Value!.Resumed, router.Loaded.Value.Dropped));
        Assert.Contains(router.Logged.Lines, line => line.Contains("another pod in its place", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Restart_PolicyWithOtherKeys_SnapshotIsSetAside()
    {
        await using var engine = await EngineAsync();
        await BeforeAsync(engine, requests: 3);

        using var router = new Router(_folder.FullName, Sockets, policy: new PolicyKeys(32, "sha256_cbor", "42"));

        Assert.Equal(0, router.BlocksAfterLoad);
        Assert.Equal(2, router.Loaded.Value!.SetAside.Count);
        Assert.All(router.Loaded.Value.SetAside, aside => Assert.Contains("it was written for blocks of 16 tokens", aside.What, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Restart_MappedEngine_ItsRemovalsAreUnderstood()
    {
        await using var engine = await EngineAsync("--seed", "7", "--blocks", "8");
        await BeforeAsync(engine, requests: 4, TrustState.Mapped);
        for (var i = 10; i < 13; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));

        using var router = new Router(_folder.FullName, Sockets);
        Assert.Equal(7, router.BlocksAfterLoad);
        router.Follow();
        await Subscription.ReachedAsync(router.Target, 6);
        await TrustedAsync(router, TrustState.Mapped);

        Assert.Equal((await engine.BlocksAsync()).Length, router.Index.BlocksHeld(router.Target.Holder));
        Assert.All(router.KeysOf(Prompt(12)), key => Assert.True(router.Has(key)));
        for (var prompt = 0; prompt < 11; prompt++) Assert.False(router.Has(router.KeysOf(Prompt(prompt))[^1]));
    }

    [Fact]
    public async Task Restart_Twice_EngineNotHeardBetween_StillKnown()
    {
        await using var engine = await EngineAsync();
        await BeforeAsync(engine, requests: 3);
        using (var between = new Router(_folder.FullName, Sockets)) between.Snapshot();

        using var router = new Router(_folder.FullName, Sockets);
        router.Follow();

        await router.EqualAsync(engine);
        Assert.Equal(0, router.Target.Status.Replayed);
    }

    [Fact]
    public async Task Restart_EngineConnectsToTheRouterAndIsIdle_ExactWithoutALiveBatch()
    {
        await using var engine = await BindModeEngineAsync("--blocks", "24");
        await BeforeInBindModeAsync(engine);
        for (var i = 10; i < 15; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));

        using var router = new Router(_folder.FullName, BindModeSockets, port: _ports[0]);
        Assert.Equal(TrustState.Recovering, router.TrustAfterLoad.State);
        router.Follow();

        await router.EqualAsync(engine);
        await TrustedAsync(router, TrustState.Exact);
        Assert.Equal((9, 5, 0), (router.Target.Status.Cursor, router.Target.Status.Replayed, router.Target.Status.Purges));
    }

    [Fact]
    public async Task Restart_EngineConnectsToTheRouterAndWasRestarted_NothingOfTheOldProcessIsLeft()
    {
        await using var engine = await BindModeEngineAsync();
        await BeforeInBindModeAsync(engine);
        await engine.TellAsync(Engine.Control("restart"));
        for (var i = 10; i < 17; i++) await engine.PublishAsync(Engine.Dropped(Prompt(i)));

        using var router = new Router(_folder.FullName, BindModeSockets, port: _ports[0]);
        router.Follow();

        await router.EqualAsync(engine);
        await TrustedAsync(router, TrustState.Exact);
    }

    [Fact]
    public async Task Restart_EngineConnectsToTheRouterAndDoesNotAnswer_CauseNamesItsAddress()
    {
        await using var engine = await BindModeEngineAsync();
        await BeforeInBindModeAsync(engine);
        var nobody = Ports.Take();

        using var router = new Router(_folder.FullName, BindModeSockets with { ReplayPort = nobody }, port: _ports[0]);
        router.Follow();

        await Eventually.TrueAsync(() => router.Target.Standing.Cause.Contains("it is asked again", StringComparison.Ordinal), "it was asked in vain");
        Assert.Equal(TrustState.Recovering, router.Target.Standing.State);
        Assert.Contains("is from the snapshot of", router.Target.Standing.Cause, StringComparison.Ordinal);
        Assert.Contains($"tcp://127.0.0.1:{nobody}", router.Target.Standing.Cause, StringComparison.Ordinal);
        Assert.Equal(router.BlocksAfterLoad, router.Index.BlocksHeld(router.Target.Holder));
    }

    [Fact]
    public async Task Restart_EngineConnectsToTheRouterAndSpeaksAtOnce_ReplayedBeforeItsFirstLiveBatch()
    {
        await using var engine = await BindModeEngineAsync("--blocks", "24");
        await BeforeInBindModeAsync(engine);
        for (var i = 10; i < 15; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));

        // Without Follow nobody but the topic tells of the engine.
        using var router = new Router(_folder.FullName, BindModeSockets, port: _ports[0]);
        var next = 20;
        await Eventually.TrueAsync(
            async () =>
            {
                // What a PUB sends before it is connected again is lost.
                await engine.PublishAsync(Engine.Request(Prompt(next++)));
                return router.Target.Status.Replayed >= 5;
            },
            "the engine is heard, and asked");

        await router.EqualAsync(engine);
        Assert.Equal(0, router.Target.Status.Purges);
        await TrustedAsync(router, TrustState.Exact);
    }

    [Fact]
    public async Task Snapshots_DuringAStorm_EachOneLeadsToWhatTheEngineHas()
    {
        await using var engine = await EngineAsync("--blocks", "64");
        using var storm = new CancellationTokenSource();
        var written = 0;
        using (var router = new Router(_folder.FullName, Sockets))
        {
            router.Follow();
            var snapshots = Task.Run(() =>
            {
                while (!storm.IsCancellationRequested) written += router.Snapshot().Figures is null ? 0 : 1;
            });
            for (var i = 0; i < 300; i++) await engine.PublishAsync(Engine.Request(Prompt(i % 40)));
            await Eventually.TrueAsync(() => router.Target.Status.Cursor >= 150, "half of it is applied");
            await storm.CancelAsync();
            await snapshots;
        }

        Assert.True(written > 1);
        using var again = new Router(_folder.FullName, Sockets);
        Assert.True(again.BlocksAfterLoad > 0);
        again.Follow();
        await again.EqualAsync(engine);
    }

    private static uint[] Prompt(int number) => Pods.Tokens(52, first: 1_000 * (uint)number);

    private static Task TrustedAsync(Router router, TrustState state) =>
        Eventually.TrueAsync(() => router.Target.Standing.State == state, $"the engine is {state}");

    private Task<Engine> EngineAsync(params string[] arguments) =>
        Engine.StartBoundAsync(_ports[0], ["--replay-endpoint", $"tcp://*:{_ports[1]}", .. arguments]);

    private EngineSockets BindModeSockets => Sockets with { EventsPort = null };

    private Task<Engine> BindModeEngineAsync(params string[] arguments) =>
        Engine.StartAsync(_ports[0], "kv@127.0.0.11@model", ["--replay-endpoint", $"tcp://*:{_ports[1]}", .. arguments]);

    /// <summary>A router that an engine connects to: it hears five requests, writes a snapshot and is gone.</summary>
    private async Task BeforeInBindModeAsync(Engine engine)
    {
        using var before = new Router(_folder.FullName, BindModeSockets, port: _ports[0]);
        for (var i = 0; i < 5; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));
        await before.EqualAsync(engine);
        Assert.NotNull(before.Snapshot().Figures);
    }

    /// <summary>A router that hears some requests, writes a snapshot and is gone.</summary>
    private async Task BeforeAsync(Engine engine, int requests, TrustState trust = TrustState.Exact)
    {
        using var router = new Router(_folder.FullName, Sockets);
        router.Follow();
        for (var i = 0; i < requests; i++) await engine.PublishAsync(Engine.Request(Prompt(i)));
        await Subscription.ReachedAsync(router.Target, requests - 1);
        await TrustedAsync(router, trust);
        for (var series = 0; series < 2; series++) Assert.NotNull(router.Snapshot().Figures);
        Assert.Null(router.Snapshot().Figures);
    }
}
