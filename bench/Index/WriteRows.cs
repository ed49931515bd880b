using System.Diagnostics;
using OrleansKvRouter.Bench.Figures;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;

namespace OrleansKvRouter.Bench.Index;

/// <summary>What writing costs: storing and removing everything, an endpoint that leaves, and a writer beside readers.</summary>
internal sealed class WriteRows(ChainWorkload workload, IndexBenchOptions options)
{
    private const int EndpointBlocks = 1_000_000;

    /// <summary>Blocks a second, from nothing to everything, and the resident bytes that this added.</summary>
    public (double PerSecond, long Bytes, BuiltIndex Built) Store()
    {
        var rates = new List<double>();
        var bytes = new List<double>();
        BuiltIndex? built = null;
        for (var run = 0; run < options.Runs; run++)
        {
            built = null;
            var before = ResidentMemory.Read();
            var began = ProcessorTime.Now;
            built = BuiltIndex.Full(workload);
            rates.Add(2.0 * workload.Chains * workload.Length / (ProcessorTime.Now - began).TotalSeconds);
            bytes.Add(ResidentMemory.Read() - before);
        }

        return (Median.Of(rates), (long)Median.Of(bytes), built!);
    }

    /// <summary>
    /// Resident bytes a membership of everything and of the maps from engines' hashes to keys that go with it where the keys are
    /// the router's own.
    /// </summary>
    public double MappedBytes()
    {
        var before = ResidentMemory.Read();
        var built = BuiltIndex.Full(workload);
        var maps = built.Holders.Select(_ => new EngineHashMap(keysPerBlock: 1, stateSize: 0)).ToArray();
        for (var chain = 0; chain < workload.Chains; chain++)
        {
            var (first, second) = workload.WorkersOf(chain);
            foreach (var key in workload.Chain(chain))
            {
                Map(maps[first], key);
                Map(maps[second], key);
            }
        }

        var bytes = (ResidentMemory.Read() - before) / (double)built.Index.Statistics.Memberships;
        GC.KeepAlive(maps);
        return bytes;
    }

    private static void Map(EngineHashMap map, BlockKey key)
    {
        // The engine's name of the block: any other number.
        var hash = new EngineBlockHash(~key.Value);
        var slot = map.Find(hash);
        if (slot < 0) map.Keys(slot = map.Add(hash))[0] = key;
        map.AddCopy(slot, Tier.Gpu);
    }

    /// <summary>Blocks a second: every worker's blocks in random order, in events of 64.</summary>
    public double RemoveShuffled()
    {
        var rates = new List<double>();
        for (var run = 0; run < options.Runs; run++)
        {
            var built = BuiltIndex.Full(workload);
            var blocks = built.ShuffledBlocks(run);
            var began = ProcessorTime.Now;
            for (var worker = 0; worker < blocks.Length; worker++) built.Remove(built.Holders[worker], blocks[worker]);
            rates.Add(blocks.Sum(keys => (double)keys.Length) / (ProcessorTime.Now - began).TotalSeconds);
            if (built.Index.Statistics.Memberships != 0) throw new InvalidOperationException("blocks are left that were removed");
        }

        return Median.Of(rates);
    }

    /// <summary>Takes <paramref name="share"/> of each worker's blocks away, at random.</summary>
    public static void Evict(BuiltIndex built, double share)
    {
        var blocks = built.ShuffledBlocks(seed: 1);
        for (var worker = 0; worker < blocks.Length; worker++)
        {
            built.Remove(built.Holders[worker], blocks[worker].AsSpan(0, (int)(blocks[worker].Length * share)));
        }
    }

    /// <summary>An endpoint with a million blocks beside everything else leaves: milliseconds until no walk reports it, and until nothing of it is left.</summary>
    public (double Invisible, double Swept) Endpoint(BuiltIndex built)
    {
        var (invisible, swept) = (new List<double>(), new List<double>());
        for (var run = 0; run < options.Runs; run++)
        {
            var endpoint = built.Index.AddHolder();
            var stored = 0;
            for (var chain = 0; chain < workload.Chains && built.Index.BlocksHeld(endpoint) < EndpointBlocks; chain++, stored++) built.Store(endpoint, workload.Chain(chain));

            var began = Stopwatch.GetTimestamp();
            built.Index.RemoveHolder(endpoint);
            invisible.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            while (!built.Index.IsSwept) Thread.Sleep(1);
            swept.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return (Median.Of(invisible), Median.Of(swept));
    }

    /// <summary>
    /// Measures beside a writer that never rests: it stores chains that nobody asks for and removes them again, an event at a
    /// time. Returns its blocks a second too.
    /// </summary>
    public static (T Result, double BlocksPerSecond) BesideWriter<T>(BuiltIndex built, Func<T> measure)
    {
        const int Kept = 256;
        var length = built.Workload.Length;
        var chains = Enumerable.Range(0, 4 * Kept).Select(c => Enumerable.Range(0, length).Select(i => ChainWorkload.Key(c + (1 << 28), i, length)).ToArray()).ToArray();
        var done = false;
        var written = 0L;
        var writer = Task.Factory.StartNew(() =>
        {
            var began = ProcessorTime.Now;
            for (var round = 0; !Volatile.Read(ref done); round++)
            {
                built.Store(built.Holders[round % built.Holders.Length], chains[round % chains.Length]);
                written += length;
                if (round < Kept) continue;
                built.Remove(built.Holders[(round - Kept) % built.Holders.Length], chains[(round - Kept) % chains.Length]);
                written += length;
            }

            return written / (ProcessorTime.Now - began).TotalSeconds;
        }, TaskCreationOptions.LongRunning);
        var result = measure();
        Volatile.Write(ref done, true);
        return (result, writer.GetAwaiter().GetResult());
    }
}
