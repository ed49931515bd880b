using System.Diagnostics;
using System.Globalization;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Tests.Cluster.Bench;

/// <summary>Batches of engines, written as their owner writes them, until every slice on every silo has taken them all.</summary>
internal static class IngestMeasure
{
    private const int Engines = 4, BlocksInBatch = 64, BatchesInCache = 800, BatchesInRound = 200;

    public static async Task<IngestRow> RunAsync(SlicedIndex index, TimeSpan time)
    {
        Writer[] writers = [.. Enumerable.Range(0, Engines).Select(engine => new Writer(index, index.AddHolder(new HolderName($"10.1.0.{engine}:8000", "GPU")), engine))];
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            await Task.WhenAll(writers.Select(writer => Task.Run(writer.WriteRound)));
            // An owner that runs ahead of the slices for ever learns its engine anew: what counts is what they take.
            await index.SettleAsync();
        }

        var elapsed = Stopwatch.GetElapsedTime(began);
        return new IngestRow { BlocksPerSecond = writers.Sum(writer => writer.Blocks) / elapsed.TotalSeconds, BatchesPerSecond = writers.Sum(writer => writer.Batches) / elapsed.TotalSeconds };
    }

    /// <summary>An engine whose cache is full after a while: for each block that it stores it evicts one then. Both count.</summary>
    private sealed class Writer(SlicedIndex index, HolderId holder, int engine)
    {
        private readonly Random _random = new(engine);
        private readonly BlockKey[]?[] _cache = new BlockKey[BatchesInCache][];

        public long Batches { get; private set; }

        public long Blocks { get; private set; }

        public void WriteRound()
        {
            for (var batch = 0; batch < BatchesInRound; batch++)
            {
                ref var slot = ref _cache[Batches++ % _cache.Length];
                if (slot is not null)
                {
                    index.Remove(holder, slot);
                    Blocks += slot.Length;
                }

                slot = [.. Enumerable.Range(0, BlocksInBatch).Select(_ => new BlockKey((ulong)_random.NextInt64()))];
                index.Store(holder, null, slot);
                Blocks += slot.Length;
                index.Advance(holder, new StreamPosition(Batches, Batches));
            }
        }
    }
}

/// <summary>One row.</summary>
public sealed record IngestRow
{
    public string Bench { get; } = "ingest";

    public int Silos { get; init; }

    /// <summary>Blocks stored and removed.</summary>
    public required double BlocksPerSecond { get; init; }

    public required double BatchesPerSecond { get; init; }

    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Silos,5}  ingest: {BlocksPerSecond:0} blocks/s stored and removed, {BatchesPerSecond:0} batches/s");
}
