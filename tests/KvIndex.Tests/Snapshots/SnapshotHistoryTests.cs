using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Tests.KvIndex.Index;

namespace OrleansKvRouter.Tests.KvIndex.Snapshots;

/// <summary>Snapshots of random histories, each compared with the naive model as it was at the cut. A failure names its seed.</summary>
public sealed class SnapshotHistoryTests
{
    [Fact]
    public void ManyShortHistories_LoadedIndexEqualsModelAtCut() =>
        Parallel.For(0, 1_000, seed => Run(seed, generations: 3, steps: 12, chains: 3, length: 12, maxHolders: 4));

    [Fact]
    public void SomeLongHistories_LoadedIndexEqualsModelAtCut() =>
        Parallel.For(0, 8, seed => Run(seed + 1_000_000, generations: 8, steps: 300, chains: 60, length: 150, maxHolders: 70));

    [Fact]
    public async Task WritersGoOnDuringSnapshots_LoadedIndexEqualsModelAtCut()
    {
        var store = new MemoryStore();
        var history = new Snapshotted(store, seed: 7, chains: 200, length: 200, maxHolders: 40);
        var turn = new Lock();
        using var stop = new CancellationTokenSource();
        lock (turn) history.Change(500);
        var writing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                lock (turn) history.Change(1);
            }
        });

        for (var generation = 0; generation < 25; generation++)
        {
            NaiveIndex then;
            SnapshotSession session;
            lock (turn) (session, then) = (history.Writer.Begin(history.Index), history.Naive.Clone());
            using (session)
            {
                await Task.Yield();
                Snapshotted.Commit(session);
            }

            Snapshotted.Load(store)!.AssertEquals(then, history.Chains, $"generation {generation}");
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public void Snapshot_NothingChanged_WritesNothingAgain()
    {
        var store = new MemoryStore();
        var history = new Snapshotted(store, seed: 3, chains: 100, length: 100, maxHolders: 10);
        // No clearing and removing of holders, which is swept up in the background.
        history.Store(500, holders: 7);
        // Each of the two series has it once.
        for (var series = 0; series < 2; series++) Assert.True(history.Snapshot().Written > 0);

        var third = history.Snapshot();

        Assert.Equal((0L, 0), (third.Written, third.Copied));
        Snapshotted.Load(store)!.AssertEquals(history.Naive.Clone(), history.Chains, "third generation");
    }

    [Fact]
    public void Snapshots_Many_KeepTwoGenerationsAndLittleGarbage()
    {
        var store = new MemoryStore();
        var history = new Snapshotted(store, seed: 4, chains: 300, length: 100, maxHolders: 10);
        for (var generation = 0; generation < 100; generation++)
        {
            history.Change(20);
            history.Snapshot();
        }

        Assert.Equal(2, store.Blobs.Keys.Count(name => name.EndsWith(".manifest", StringComparison.Ordinal)));
        var full = new MemoryStore();
        using var session = new SnapshotWriter(full).Begin(history.Index);
        var needed = Snapshotted.Commit(session).Written;
        var kept = store.Blobs.Values.Sum(blob => (long)blob.Length);
        Assert.InRange(kept, needed * 2, needed * 5);
    }

    private static void Run(int seed, int generations, int steps, int chains, int length, int maxHolders)
    {
        var store = new MemoryStore();
        var random = new Random(seed);
        var history = new Snapshotted(store, seed, chains, length, maxHolders);
        for (var generation = 0; generation < generations; generation++)
        {
            history.Change(random.Next(steps));
            using var session = history.Writer.Begin(history.Index);
            var then = history.Naive.Clone();
            history.Change(random.Next(steps));
            Snapshotted.Commit(session);
            Snapshotted.Load(store)!.AssertEquals(then, history.Chains, $"history {seed}, generation {generation}");
        }
    }
}
