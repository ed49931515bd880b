using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Snapshots.Files;

namespace OrleansKvRouter.EppService.Snapshots;

/// <summary>
/// Writes every pool's snapshots into the folder that <c>--data</c> names, again and again and once more at the end, and loads
/// them at the start. Without a folder it does nothing. A thread of its own writes: a slow disk holds up nobody else.
/// </summary>
internal sealed class SnapshotService(NodeOptions options, PoolRegistry registry, SnapshotInstruments instruments, TimeProvider time, ILogger<SnapshotService> log) : IDisposable
{
    /// <summary>A pause lasts so many times as long as the writing before it, at least.</summary>
    private const int PausesPerWriting = 4;

    private readonly CancellationTokenSource _stop = new();
    private DataFolder? _folder;
    private Thread? _thread;
    private volatile IReadOnlyDictionary<PoolRuntime, PoolKeeper> _keepers = new Dictionary<PoolRuntime, PoolKeeper>();

    /// <summary>How the snapshots of a pool fare; null where there are none.</summary>
    public SnapshotStatus? StatusOf(PoolRuntime pool) => _keepers.GetValueOrDefault(pool)?.Status;

    /// <summary>Takes the folder and loads what is in it for the pools that there are; the fault where that cannot be. Before engines are listened to.</summary>
    public Fault? Load()
    {
        if (options.Data is null) return null;
        if (!DataFolder.Open(options.Data).Try(out _folder, out var fault)) return fault;
        instruments.Watch(() => _keepers.Select(keeper => (keeper.Key.Name, keeper.Value.Status)));
        if (!Follow().Try(out var keepers, out fault)) return fault;
        var faults = new Fault?[keepers.Count];
        Parallel.ForEach(keepers, (keeper, _, i) => faults[i] = keeper.Load());
        return faults.FirstOrDefault(found => found is not null);
    }

    /// <summary>Starts to write.</summary>
    public void Start()
    {
        if (_folder is null) return;
        _thread = new Thread(Run) { Name = "kv-snapshots", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Writes a last time, when nothing is applied any more, and gives the folder back.</summary>
    public void Stop()
    {
        _stop.Cancel();
        if (_thread is not null)
        {
            _thread.Join();
            WriteAll();
        }

        _folder?.Dispose();
        (_thread, _folder) = (null, null);
    }

    public void Dispose()
    {
        Stop();
        _stop.Dispose();
    }

    private void Run()
    {
        var pause = options.SnapshotInterval;
        while (!_stop.Token.WaitHandle.WaitOne(pause))
        {
            var started = Stopwatch.GetTimestamp();
            WriteAll();
            pause = TimeSpan.FromTicks(Math.Max(options.SnapshotInterval.Ticks, Stopwatch.GetElapsedTime(started).Ticks * PausesPerWriting));
        }
    }

    private void WriteAll()
    {
        if (!Follow().Try(out var keepers, out var fault))
        {
            log.SnapshotsHeldUp(fault);
            return;
        }

        foreach (var keeper in keepers) keeper.Write();
    }

    /// <summary>A keeper for every pool that tracks caches in this process's memory.</summary>
    private Expected<IReadOnlyCollection<PoolKeeper>> Follow()
    {
        var keepers = new Dictionary<PoolRuntime, PoolKeeper>();
        try
        {
            foreach (var pool in registry.Pools)
            {
                if (!pool.Tracking.Try(out var tracking, out _) || tracking.Index is not InMemoryBlockIndex index) continue;
                keepers[pool] = _keepers.GetValueOrDefault(pool) ?? Keep(pool, tracking, index);
            }
        }
        catch (IOException e)
        {
            return new Fault($"--data {options.Data}: {e.Message}", "see to the folder, or give another");
        }

        _keepers = keepers;
        return Expected.Of<IReadOnlyCollection<PoolKeeper>>(keepers.Values);
    }

    private PoolKeeper Keep(PoolRuntime pool, PrefixTracking tracking, InMemoryBlockIndex index)
    {
        var spec = pool.View.Spec;
        var tokens = spec.Policy.TokenProcessor;
        var policy = new PolicyKeys(tokens.BlockSize, tokens.HashAlgorithm, tokens.HashSeed);
        var snapshots = new PoolSnapshots($"{spec.Namespace}/{spec.Name}", index, tracking.Scheme, policy, _folder!.StoreOf(spec.Namespace, spec.Name), time, log);
        return new PoolKeeper(pool, snapshots, options.SnapshotInterval, time, instruments, log);
    }
}
