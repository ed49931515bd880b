using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.Tests.KvIndex.Index;

/// <summary>Walks beside a writer whose every state is known: no walk may report what never was.</summary>
public sealed class ConcurrencyTests
{
    private const int Blocks = 300;
    private static readonly BlockKey[] Chain = InMemoryBlockIndexTests.Chain(1, Blocks);

    [Fact]
    public async Task Walk_BesideWriter_ReportsLegalStatesOnly()
    {
        var index = new InMemoryBlockIndex();

        // Steady: has 200 blocks at all times. Growing: gets blocks at the end, loses them from the end, never less
        // than 50. Flicking: has all 300 or none, by Clear. Hole: block 100 comes and goes, never counts past it.
        var (steady, growing, flicking, hole) = (index.AddHolder(), index.AddHolder(), index.AddHolder(), index.AddHolder());
        index.Store(steady, null, Chain.AsSpan(0, 200));
        index.Store(growing, null, Chain.AsSpan(0, 50));
        index.Store(hole, null, Chain.AsSpan(0, 101));
        index.Store(hole, null, Chain.AsSpan(102));
        var errors = new ConcurrentQueue<string>();
        using var done = new CancellationTokenSource();
        var walks = 0L;
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var matches = new PrefixMatches();
            while (!done.IsCancellationRequested)
            {
                index.Walk(Chain, matches);
                Interlocked.Increment(ref walks);
                if (matches.BlocksOf(steady) != 200) errors.Enqueue($"steady {matches.BlocksOf(steady)}");
                if (matches.BlocksOf(growing) is < 50 or > Blocks) errors.Enqueue($"growing {matches.BlocksOf(growing)}");
                if (matches.BlocksOf(flicking) is not (0 or Blocks)) errors.Enqueue($"flicking {matches.BlocksOf(flicking)}");
                if (matches.BlocksOf(hole) is not (100 or 101)) errors.Enqueue($"hole {matches.BlocksOf(hole)}");
                foreach (var holder in matches.Holders)
                {
                    if (holder > hole.Value) errors.Enqueue($"holder {holder}, which has no block of the chain");
                }
            }
        })).ToArray();

        // For four seconds, and longer where the machine did not let the readers run in them.
        var began = Stopwatch.GetTimestamp();
        Write(index, growing, flicking, hole, () => Stopwatch.GetElapsedTime(began).TotalSeconds < 4 || (Volatile.Read(ref walks) < 1_000 && Stopwatch.GetElapsedTime(began) < Eventually.Limit));
        await done.CancelAsync();
        await Task.WhenAll(readers);

        Assert.Empty(errors.Take(5));
        Assert.True(walks >= 1_000, $"only {walks} walks");
    }

    private static void Write(InMemoryBlockIndex index, HolderId growing, HolderId flicking, HolderId hole, Func<bool> goOn)
    {
        var random = new Random(2);
        var (grown, flicked) = (50, false);
        for (var round = 0UL; goOn(); round++)
        {
            var to = random.Next(50, Blocks + 1);
            for (; grown < to; grown++) index.Store(growing, Chain[grown - 1], Chain.AsSpan(grown, 1));
            while (grown > to) index.Remove(growing, Chain.AsSpan(--grown, 1));

            // Stored from the end to the start, so that no shorter prefix is ever there.
            if (!flicked) for (var i = Blocks - 1; i >= 0; i--) index.Store(flicking, null, Chain.AsSpan(i, 1));
            else index.Clear(flicking);
            flicked = !flicked;

            if (round % 2 == 0) index.Remove(hole, Chain.AsSpan(100, 1));
            else index.Store(hole, null, Chain.AsSpan(100, 1));

            // Others come and go, wear chunks out, use numbers and tags up, and have nothing of the chain.
            var passing = index.AddHolder();
            var theirs = InMemoryBlockIndexTests.Chain(100 + (round % 50), 400);
            index.Store(passing, null, theirs);
            if (round % 3 != 0) index.Remove(passing, theirs);
            index.RemoveHolder(passing);
        }
    }
}
