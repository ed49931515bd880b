using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Snapshots.Records;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;
using OrleansKvRouter.Tests.KvIndex.Snapshots;

namespace OrleansKvRouter.Tests.Slices;

/// <summary>Slices that are lost and come back, here or elsewhere, and engines whose writer changes: nothing is lost, nothing is wrong.</summary>
public sealed class SliceLossTests
{
    private static readonly KeysRecord Keys = new(16, "auto", null, "", "", "");

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0.3)]
    [InlineData(3, 0.6)]
    public async Task RandomHistory_PagesGetLost_EverySiloFindsWhatEnginesHave(int seed, double losses)
    {
        // Small pages, so that some are lost while others, before and behind, are not.
        using var world = new SiloWorld(silos: 3, new SlicedIndexOptions { WalkPatience = TimeSpan.FromMinutes(1), CheckInterval = TimeSpan.FromMilliseconds(50), PageBytes = 1024 }) { Losses = losses };
        var history = new History(world, seed, engines: 9);
        for (var round = 0; round < 5; round++)
        {
            for (var step = 0; step < 200; step++) history.Step();
            await history.AssertAsync($"round {round}");
        }
    }

    [Fact]
    public async Task SliceLost_LoadedElsewhereFromItsSnapshot_JournalBringsTheRest()
    {
        using var world = new SiloWorld(silos: 3);
        var history = new History(world, seed: 4, engines: 9);
        var stores = Enumerable.Range(0, world.Options.Slices).Select(_ => new MemoryStore()).ToArray();
        var random = new Random(1);
        for (var round = 0; round < 6; round++)
        {
            for (var step = 0; step < 100; step++) history.Step();
            await Task.Delay(5);
            var slice = random.Next(world.Options.Slices);
            SnapshotsOf(slice, stores[slice]).Write(world.Silos[world.HostOf(slice)].Slices[slice]!);
            for (var step = 0; step < 100; step++) history.Step();
            var lost = world.HostOf(slice);

            world.Lose(slice);
            for (var step = 0; step < 100; step++) history.Step();
            List<Fault> faults = [];
            world.Host(slice, (lost + 1) % 3, made => Assert.NotNull(SnapshotsOf(slice, stores[slice]).Load(made, faults)));

            await history.AssertAsync($"round {round}");
            Assert.Empty(faults);
        }
    }

    [Fact]
    public async Task SliceLost_JournalDoesNotReachBack_EnginesAreToldAndLearntAnew()
    {
        using var world = new SiloWorld(silos: 2, new SlicedIndexOptions
        {
            Slices = 4,
            JournalBytes = 4 * 2_000,
            WalkPatience = TimeSpan.FromMinutes(1),
            CheckInterval = TimeSpan.FromMilliseconds(20),
        });
        var history = new History(world, seed: 5, engines: 4);
        foreach (var silo in world.Silos) silo.Index.EngineLost += history.Relearn;
        for (var step = 0; step < 500; step++) history.Step();
        await history.AssertAsync("before");

        world.Lose(2);
        world.Host(2, 1);

        await history.AssertAsync("after");
    }

    [Fact]
    public async Task WriterChanges_GoesOnWhereAllSlicesAre()
    {
        using var world = new SiloWorld(silos: 3);
        var history = new History(world, seed: 6, engines: 3);
        foreach (var engine in history.Engines) await history.MoveAsync(engine, 0);
        for (var step = 0; step < 100; step++) history.Step();
        await history.AssertAsync("before");

        foreach (var engine in history.Engines)
        {
            var position = await history.MoveAsync(engine, 1);
            Assert.NotNull(position);
            Assert.Equal(position.Value.Sequence * 1.5, position.Value.Timestamp);
        }

        await history.AssertAsync("moved");
        for (var step = 0; step < 100; step++) history.Step();
        await history.AssertAsync("after");
    }

    [Fact]
    public async Task WriterChanges_TheOneBeforeWritesOn_IsNotHeeded()
    {
        using var world = new SiloWorld(silos: 2);
        var (before, after) = (world.Silos[0].Index, world.Silos[1].Index);
        var (old, young) = (before.AddHolder(new HolderName("engine", "Gpu")), after.AddHolder(new HolderName("engine", "Gpu")));
        var taken = 0;
        before.EngineTaken += _ => taken++;
        await before.ClaimAsync("engine");
        before.Store(old, null, [new BlockKey(1)]);
        before.Advance(old, new StreamPosition(0, 1, 5));
        await before.SettleAsync();

        Assert.Equal(new StreamPosition(0, 1, 5), await after.ClaimAsync("engine"));
        before.Store(old, null, [new BlockKey(2)]);
        before.Advance(old, new StreamPosition(1, 2));
        // Before the new owner has said anything of that batch: only the token tells that it is too late.
        await before.SettleAsync();
        Assert.Equal(0, await HeldAsync(after, young, 2));
        after.Store(young, null, [new BlockKey(3)]);
        after.Advance(young, new StreamPosition(1, 2));
        await after.SettleAsync();
        await before.SettleAsync();

        Assert.Equal(1, await HeldAsync(before, old, 1));
        Assert.Equal(0, await HeldAsync(before, old, 2));
        Assert.Equal(1, await HeldAsync(before, old, 3));
        await Eventually.TrueAsync(() => taken > 0, "the one before is told");
    }

    [Fact]
    public async Task WriterChanges_SliceComesBackEmpty_WhatTheOneBeforeWroteDoesNotReturn()
    {
        using var world = new SiloWorld(silos: 2);
        var (before, after) = (world.Silos[0].Index, world.Silos[1].Index);
        var (old, young) = (before.AddHolder(new HolderName("engine", "Gpu")), after.AddHolder(new HolderName("engine", "Gpu")));
        var learning = new Lock();
        await before.ClaimAsync("engine");
        before.Store(old, null, [new BlockKey(1)]);
        before.Advance(old, new StreamPosition(0, 1));
        await before.SettleAsync();
        await after.ClaimAsync("engine");
        // It has not heard yet that it is not the owner any more.
        before.StartOver([old]);
        before.Store(old, null, [new BlockKey(2)]);
        before.Advance(old, new StreamPosition(0, 2));
        after.EngineLost += _ => Learn();
        Learn();
        await after.SettleAsync();
        await before.ReleaseAsync("engine", CancellationToken.None);

        for (var slice = 0; slice < world.Options.Slices; slice++)
        {
            world.Lose(slice);
            world.Host(slice, slice % 2);
        }

        await Eventually.TrueAsync(async () => await HeldAsync(after, young, 1) == 1 && await HeldAsync(after, young, 3) == 1, "the owner's blocks are back");
        Assert.Equal(0, await HeldAsync(after, young, 2));

        // Several slices may be found empty at once.
        void Learn()
        {
            using var turn = learning.EnterScope();
            after.StartOver([young]);
            after.Store(young, null, [new BlockKey(1), new BlockKey(3)]);
            after.Advance(young, new StreamPosition(1, 2));
        }
    }

    [Fact]
    public async Task SliceComesBackWithALaterEpochOfSomebodyElse_OwnerIsToldAndItsWordCounts()
    {
        using var world = new SiloWorld(silos: 2);
        var index = world.Silos[0].Index;
        var holder = index.AddHolder(new HolderName("engine", "Gpu"));
        await index.ClaimAsync("engine");
        index.EngineLost += _ =>
        {
            index.StartOver([holder]);
            Learn();
        };
        Learn();
        await index.SettleAsync();
        var slice = SliceMap.SliceOf(new BlockKey(1), world.Options.Slices);
        var others = new EnginePosition(DateTime.MaxValue.Ticks, 40, 7);

        world.Lose(slice);
        world.Host(slice, 1, made => made.Restore(new EngineInSlice(EngineId.Of("engine")) { Name = "engine", Token = 1, Position = others }));

        await Eventually.TrueAsync(async () => await HeldAsync(index, holder, 1) == 1, "the owner's block is back");

        void Learn()
        {
            index.Store(holder, null, [new BlockKey(1)]);
            index.Advance(holder, new StreamPosition(0, 1));
        }
    }

    [Fact]
    public async Task OtherScheme_ClaimForgetsTheBlocks()
    {
        using var world = new SiloWorld(silos: 2);
        var index = world.Silos[0].Index;
        var holder = index.AddHolder(new HolderName("engine", "Gpu"));
        await index.ClaimAsync("engine");
        index.Store(holder, null, [new BlockKey(1), new BlockKey(2)]);
        index.Advance(holder, new StreamPosition(0, 1));
        await index.SettleAsync();

        world.Scheme = 2;
        Assert.Null(await index.ClaimAsync("engine"));

        await index.SettleAsync();
        Assert.Equal(0, index.BlocksHeld(holder));
        Assert.Equal(0, await HeldAsync(index, holder, 1));
    }

    [Fact]
    public async Task SilentSilo_WalkGoesOnWithoutIt_AndAfterThreeLeavesItAloneForAWhile()
    {
        using var world = new SiloWorld(silos: 3, new SlicedIndexOptions { WalkPatience = TimeSpan.FromMilliseconds(20), SiloRest = TimeSpan.FromMinutes(5) });
        var index = world.Silos[0].Index;
        var holder = index.AddHolder(new HolderName("engine", "Gpu"));
        var chain = Enumerable.Range(0, 200).Select(i => new BlockKey((ulong)i)).ToArray();
        index.Store(holder, null, chain.AsSpan(0, 150));
        await index.SettleAsync();
        var silent = new TaskCompletionSource();
        world.Silos[1].Silence = silent.Task;

        var partial = await HeldAsync(index, holder, chain);
        for (var i = 0; i < 4; i++) await HeldAsync(index, holder, chain);

        // The first block that somebody who answers misses is at most a few behind.
        Assert.InRange(partial, 150, 165);
        Assert.Equal(3, world.Silos[1].Asked);
        silent.SetResult();
    }

    [Fact]
    public async Task LateAnswers_BetweenOthers_DoNotMakeASiloRest()
    {
        using var world = new SiloWorld(silos: 2, new SlicedIndexOptions { WalkPatience = TimeSpan.FromMilliseconds(20), SiloRest = TimeSpan.FromMinutes(5) });
        var index = world.Silos[0].Index;
        var holder = index.AddHolder(new HolderName("engine", "Gpu"));
        var chain = Enumerable.Range(0, 50).Select(i => new BlockKey((ulong)i)).ToArray();
        for (var round = 0; round < 3; round++)
        {
            var late = new TaskCompletionSource();
            world.Silos[1].Silence = late.Task;
            for (var i = 0; i < 2; i++) await HeldAsync(index, holder, chain);
            late.SetResult();
            world.Silos[1].Silence = Task.CompletedTask;
            await HeldAsync(index, holder, chain);
        }

        Assert.Equal(9, world.Silos[1].Asked);
    }

    [Fact]
    public async Task Walk_AsksEveryOtherSiloOnce()
    {
        using var world = new SiloWorld(silos: 4);
        var index = world.Silos[0].Index;
        var chain = Enumerable.Range(0, 1_000).Select(i => new BlockKey((ulong)i)).ToArray();

        for (var i = 0; i < 10; i++) await HeldAsync(index, index.AddHolder(), chain);

        Assert.All(world.Silos.Skip(1), silo => Assert.Equal(10, silo.Asked));
        Assert.Equal(0, world.Silos[0].Asked);
    }

    private static SliceSnapshots SnapshotsOf(int slice, MemoryStore store) => new($"pool slice {slice} of 12", Keys, store, TimeProvider.System);

    private static async Task<int> HeldAsync(SlicedIndex index, HolderId holder, params BlockKey[] chain)
    {
        var matches = new PrefixMatches();
        await index.WalkAsync(chain, matches);
        return matches.BlocksOf(holder);
    }

    private static Task<int> HeldAsync(SlicedIndex index, HolderId holder, ulong key) => HeldAsync(index, holder, new BlockKey(key));
}
