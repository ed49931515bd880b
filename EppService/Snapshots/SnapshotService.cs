using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.EppService.Snapshots;

/// <summary>
/// Writes every pool's snapshots into the folder or database that <c>--data</c> names, again and again and once more at the end, and loads
/// them when a pool starts: with the node, or later, by an edit of the resources. Without <c>--data</c> it does nothing. A thread of its own
/// writes: a slow disk holds up nobody else.
/// </summary>
/// <param name="options">What <c>--data</c> names, and the interval.</param>
/// <param name="open">Opens what <c>--data</c> names.</param>
/// <param name="registry">The pools.</param>
/// <param name="instruments">Where it counts.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class SnapshotService(
    NodeOptions options, Func<string, Expected<DataPlace>> open, PoolRegistry registry, SnapshotInstruments instruments, TimeProvider time, ILogger<SnapshotService> log) : IDisposable
{
    /// <summary>A pause lasts so many times as long as the writing before it, at least.</summary>
    private const int PausesPerWriting = 4;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _changing = new();
    private DataPlace? _data;
    private Thread? _thread;
    private volatile IReadOnlyDictionary<PoolRuntime, PoolKeeper> _keepers = new Dictionary<PoolRuntime, PoolKeeper>();

    /// <summary>How the snapshots of a pool fare; null where there are none.</summary>
    public SnapshotStatus? StatusOf(PoolRuntime pool) => _keepers.GetValueOrDefault(pool)?.Status;

    /// <summary>Takes the place; from now on what is in it is loaded for every pool that starts. The fault where that cannot be.</summary>
    public Fault? Open()
    {
        if (options.Data is null) return null;
        if (!open(options.Data).Try(out _data, out var fault)) return fault;
        instruments.Watch(() => _keepers.Select(keeper => (keeper.Key.Name, keeper.Value.Status)));
        registry.Starting += LoadAll;
        return null;
    }

    /// <summary>Why the snapshots of a pool could not be read; null where all could.</summary>
    public Fault? Unread { get; private set; }

    /// <summary>Starts to write.</summary>
    public void Start()
    {
        if (_data is null) return;
        _thread = new Thread(Run) { Name = "kv-snapshots", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Writes a last time, when nothing is applied any more, and gives the place back.</summary>
    public void Stop()
    {
        _stop.Cancel();
        registry.Starting -= LoadAll;
        if (_thread is not null)
        {
            _thread.Join();
            WriteAll();
        }

        foreach (var keeper in _keepers.Values) keeper.End();
        _data?.Dispose();
        (_thread, _data) = (null, null);
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
        // Those whose place could not be opened when they started.
        foreach (var pool in registry.Pools.Where(pool => !_keepers.ContainsKey(pool) && IndexOf(pool) is not null))
        {
            if (Keep(pool).Try(out var keeper, out var fault)) Publish(pool, keeper);
            else log.SnapshotsHeldUp(fault);
        }

        // A place is given back before its keeper is forgotten: whoever comes under the pool's name ends those that he finds.
        var gone = _keepers.Where(keeper => keeper.Key.Retired).ToDictionary();
        foreach (var keeper in gone.Values) keeper.End();
        lock (_changing) _keepers = _keepers.Where(keeper => !gone.ContainsKey(keeper.Key)).ToDictionary();
        foreach (var keeper in _keepers.Values) keeper.Write();
    }

    private void LoadAll(IReadOnlyCollection<PoolRuntime> starting) => Parallel.ForEach(starting.Where(pool => IndexOf(pool) is not null), pool =>
    {
        if (Load(pool) is not { } fault) return;
        Unread = fault;
        if (_thread is not null) log.SnapshotNotLoaded(pool.Name, fault);
    });

    private Fault? Load(PoolRuntime pool)
    {
        // One that was here before under the name may be writing at this moment.
        foreach (var before in _keepers)
        {
            if (FullName(before.Key) == FullName(pool)) before.Value.End();
        }

        // Written it is only when it is loaded: a snapshot of half of it would take the place of a whole one.
        if (!Keep(pool).Try(out var keeper, out var fault)) return fault;
        fault = keeper.Load();
        Publish(pool, keeper);
        return fault;
    }

    private void Publish(PoolRuntime pool, PoolKeeper keeper)
    {
        lock (_changing) _keepers = new Dictionary<PoolRuntime, PoolKeeper>(_keepers) { [pool] = keeper };
    }

    private Expected<PoolKeeper> Keep(PoolRuntime pool)
    {
        var spec = pool.View.Spec;
        var tokens = spec.Policy.TokenProcessor;
        var policy = new PolicyKeys(tokens.BlockSize, tokens.HashAlgorithm, tokens.HashSeed);
        try
        {
            var store = _data!.Snapshots.Open(SnapshotPlace.Of(spec.Namespace, spec.Name));
            var snapshots = new PoolSnapshots(FullName(pool), IndexOf(pool)!, pool.Tracking.Value!.Scheme, policy, store, time, log);
            return new PoolKeeper(pool, snapshots, options.SnapshotInterval, time, instruments, log);
        }
        catch (IOException e)
        {
            return new Fault($"--data {_data!.Name}: {e.Message}", "see to the place, or give another");
        }
    }

    private static string FullName(PoolRuntime pool) => $"{pool.View.Spec.Namespace}/{pool.Name}";

    /// <summary>The index of a pool that tracks caches in this process's memory; null of all others.</summary>
    private static InMemoryBlockIndex? IndexOf(PoolRuntime pool) => pool.Tracking.Value?.Index as InMemoryBlockIndex;
}
