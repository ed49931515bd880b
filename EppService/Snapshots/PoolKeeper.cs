using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvEvents.Snapshots;

namespace OrleansKvRouter.EppService.Snapshots;

/// <summary>
/// Keeps one running pool's snapshots. One thread writes, until another ends that; any thread reads the <see cref="Status"/> that
/// is published.
/// </summary>
internal sealed class PoolKeeper
{
    private readonly PoolRuntime _pool;
    private readonly PoolSnapshots _snapshots;
    private readonly TimeProvider _time;
    private readonly SnapshotInstruments _instruments;
    private readonly ILogger _log;
    private readonly Lock _writing = new();
    private bool _ended;
    private volatile SnapshotStatus _status;

    public PoolKeeper(PoolRuntime pool, PoolSnapshots snapshots, TimeSpan interval, TimeProvider time, SnapshotInstruments instruments, ILogger log)
    {
        (_pool, _snapshots, _time, _instruments, _log) = (pool, snapshots, time, instruments, log);
        _status = new SnapshotStatus { Place = snapshots.Store.Place, IntervalSeconds = interval.TotalSeconds };
    }

    /// <summary>How it fares, with the age of the last one as it is now.</summary>
    public SnapshotStatus Status => _status is { TakenAt: { } taken } status ? status with { AgeSeconds = (_time.GetUtcNow() - taken).TotalSeconds } : _status;

    /// <summary>Loads what there is; the fault where the store cannot be read. Before the pool's engines are listened to.</summary>
    public Fault? Load()
    {
        if (!_snapshots.Load(_pool.Resume).Try(out var load, out var fault)) return fault;
        _instruments.Loaded(_pool.Name, load);
        if (load.Generation is { } generation) _log.SnapshotLoaded(_pool.Name, generation, load.TakenAt!.Value, load.Resumed, load.Dropped, load.Took.TotalMilliseconds);
        _status = _status with
        {
            TakenAt = load.TakenAt,
            Generation = load.Generation,
            Loaded = new SnapshotLoadStatus(load.Generation, load.TakenAt, load.Resumed, load.Dropped, [.. load.SetAside.Select(aside => aside.ToString())], load.Took.TotalSeconds),
        };
        return null;
    }

    public void Write()
    {
        lock (_writing)
        {
            if (!_ended && !_pool.Retired) WriteNow();
        }
    }

    /// <summary>On return nothing is written any more, and the place is free for the pool's successor.</summary>
    public void End()
    {
        lock (_writing)
        {
            _ended = true;
            _snapshots.Store.Dispose();
        }
    }

    private void WriteNow()
    {
        if (!WriteOnce().Try(out var written, out var fault))
        {
            if (_pool.Retired) return;
            _instruments.Failed(_pool.Name);
            if (_status.Fault != fault.ToString()) _log.SnapshotFailed(_pool.Name, fault);
            _status = _status with { Failures = _status.Failures + 1, Fault = fault.ToString() };
            return;
        }

        _instruments.Written(_pool.Name, written);
        if (written.Figures is { } figures) _log.SnapshotWritten(_pool.Name, figures.Generation, figures.Blocks, figures.Written, written.Took.TotalMilliseconds);
        _status = _status with
        {
            TakenAt = written.TakenAt,
            Generation = written.Figures?.Generation ?? _status.Generation,
            Blocks = written.Figures?.Blocks ?? _status.Blocks,
            Bytes = written.Bytes,
            TookSeconds = written.Took.TotalSeconds,
            Fault = null,
        };
    }

    /// <summary>A bug that a snapshot brings to light must not take the router down with it.</summary>
    private Expected<SnapshotWritten> WriteOnce()
    {
        try
        {
            return _snapshots.Write(_pool.Feeds, () => _pool.Retired);
        }
        catch (ObjectDisposedException) when (_pool.Retired)
        {
            return new Fault("the pool is gone, and its index with it");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _log.SnapshotBroke(e, _pool.Name);
            return new Fault($"{e.GetType().Name}: {e.Message}", "report it with the router's log");
        }
    }
}
