using System.Diagnostics;
using System.Globalization;
using OrleansKvRouter.Bench.Figures;
using OrleansKvRouter.Bench.Index;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.Bench.Snapshots;

/// <summary>Writes and loads snapshots of CHAIN(M, L, W), and walks the index meanwhile.</summary>
internal sealed class SnapshotBench(ChainWorkload workload, ISnapshotStores places, int runs, TimeSpan window) : IDisposable
{
    private readonly BuiltIndex _built = BuiltIndex.Full(workload);
    private readonly List<ISnapshotStore> _stores = [];

    public SnapshotResult Run()
    {
        // 1. Whole snapshots, and each one loaded.
        var (writes, standing, loads) = (new List<double>(), new List<double>(), new List<double>());
        SnapshotFigures? figures = null;
        for (var run = 0; run < runs; run++)
        {
            var store = NewStore();
            var began = Stopwatch.GetTimestamp();
            figures = Write(new SnapshotWriter(store), standing);
            writes.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            loads.Add(Load(store));
        }

        // 2. What changed alone.
        var (increments, bytes) = (new List<double>(), 0L);
        var writer = new SnapshotWriter(NewStore());
        for (var series = 0; series < 2; series++) Write(writer, []);
        for (var run = 0; run < runs; run++)
        {
            for (var i = 0; i < Math.Max(1, workload.Chains / 100); i++) _built.Store(((run * 7919) + (i * 101)) % workload.Chains);
            var began = Stopwatch.GetTimestamp();
            bytes = Write(writer, []).Written;
            increments.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        // 3. Walks, in turns with and without a snapshot under way.
        var queries = new ChainQueries(workload, "mix", seed: 5);
        var (without, during) = (new Latencies(), new Latencies());
        Walk(queries, without: new Latencies());
        for (var run = 0; run < runs; run++)
        {
            Walk(queries, without);
            WalkDuringSnapshots(queries, during);
        }

        return new SnapshotResult
        {
            Memberships = workload.Memberships,
            Length = workload.Length,
            Workers = workload.Workers,
            Blocks = figures!.Blocks,
            WriteSeconds = Median.Of(writes),
            StandingMilliseconds = Median.Of(standing),
            Bytes = figures.Written,
            IncrementSeconds = Median.Of(increments),
            IncrementBytes = bytes,
            LoadSeconds = Median.Of(loads),
            P50MicrosecondsWithout = without.Percentile(0.5),
            P99MicrosecondsWithout = without.Percentile(0.99),
            P50MicrosecondsDuring = during.Percentile(0.5),
            P99MicrosecondsDuring = during.Percentile(0.99),
        };
    }

    /// <summary>Takes back what was written.</summary>
    public void Dispose()
    {
        foreach (var store in _stores)
        {
            foreach (var blob in store.List()) store.Delete(blob.Name);
            store.Dispose();
        }
    }

    private ISnapshotStore NewStore()
    {
        var store = places.Open(SnapshotPlace.Of("bench", _stores.Count.ToString(CultureInfo.InvariantCulture)));
        _stores.Add(store);
        return store;
    }

    /// <summary>One engine for each worker, as the router has it.</summary>
    private SnapshotFigures Write(SnapshotWriter writer, List<double> standing)
    {
        var began = Stopwatch.GetTimestamp();
        using var session = writer.Begin(_built.Index);
        standing.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        var engines = _built.Holders.Select((holder, i) => (holder.Value, i)).ToDictionary(pair => pair.Value, pair => pair.i);
        return session.Commit(new SnapshotManifest
        {
            Generation = 0,
            TakenAt = DateTimeOffset.UnixEpoch,
            Pool = "bench/pool",
            Keys = new KeysRecord(16, "auto", null, "sha256_cbor", "", "Proven"),
            Engines = [.. _built.Holders.Select(holder => new EngineRecord { Endpoint = $"{holder.Value}", Uid = "", Address = "", KeysPerBlock = 1, Rank = 0, Sequence = 0, Timestamp = 0, Trust = "Exact", Cause = "" })],
            Holders = [.. session.Owners.Select(owner => engines.TryGetValue(owner, out var engine) ? new HolderRecord(engine, "Gpu") : null)],
            Blocks = [],
            BlockCount = 0,
        });
    }

    private double Load(ISnapshotStore store)
    {
        var began = Stopwatch.GetTimestamp();
        List<Fault> faults = [];
        var loaded = SnapshotReader.Read(store, _ => null, faults) ?? throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
        var index = new InMemoryBlockIndex();
        var holders = _built.Holders.Select(_ => index.AddHolder()).ToArray();
        loaded.LoadInto(index, [.. loaded.Manifest.Holders.Select(holder => holder is null ? null : (HolderId?)holders[holder.Engine])]);
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (index.Statistics.Memberships != _built.Index.Statistics.Memberships) throw new InvalidOperationException("the loaded index has other memberships");
        return took;
    }

    private void Walk(ChainQueries queries, Latencies without)
    {
        var matches = new PrefixMatches();
        var began = Stopwatch.GetTimestamp();
        for (var query = 0; Stopwatch.GetElapsedTime(began) < window; query = (query + 1) % queries.Count)
        {
            var start = Stopwatch.GetTimestamp();
            _built.Index.Walk(queries[query], matches);
            without.Add(start);
        }
    }

    private void WalkDuringSnapshots(ChainQueries queries, Latencies during)
    {
        using var stop = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        var writing = new Thread(() =>
        {
            var store = NewStore();
            while (!stop.IsCancellationRequested)
            {
                // Each by a writer that knows nothing: the whole index is copied and written, again and again.
                begun.Set();
                Write(new SnapshotWriter(store), []);
            }
        });
        writing.Start();
        begun.Wait();
        Walk(queries, during);
        stop.Cancel();
        writing.Join();
    }
}
