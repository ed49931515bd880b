using System.Diagnostics.Metrics;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.KvEvents.Snapshots;

namespace OrleansKvRouter.EppService.Snapshots;

/// <summary>How the pools' snapshots fare. Catalogue: docs/metrics.md.</summary>
internal sealed class SnapshotInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Snapshots");
    private readonly Counter<long> _written;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _engines;
    private readonly Counter<long> _setAside;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _standing;
    private Func<IEnumerable<(string Pool, SnapshotStatus Status)>> _statuses = () => [];

    public SnapshotInstruments()
    {
        _written = _meter.CreateCounter<long>("kvrouter.snapshot.writes", description: "Snapshots that were due, by pool and outcome: written, unchanged, failed.");
        _bytes = _meter.CreateCounter<long>("kvrouter.snapshot.written", "By", "Bytes of blocks and maps that were written, by pool.");
        _engines = _meter.CreateCounter<long>("kvrouter.snapshot.engines", description: "Engines in the snapshots that were loaded, by pool and outcome: resumed, dropped.");
        _setAside = _meter.CreateCounter<long>("kvrouter.snapshot.set.aside", description: "Snapshots that were damaged or strange, by pool.");
        _duration = _meter.CreateHistogram<double>("kvrouter.snapshot.duration", "s", "How long writing a snapshot took.");
        _standing = _meter.CreateHistogram<double>("kvrouter.snapshot.cut.duration", "s", "How long applying events stood still for a snapshot.");
        _meter.CreateObservableGauge("kvrouter.snapshot.age", () => Each(status => status.AgeSeconds), "s", "How old the last snapshot is, by pool.");
        _meter.CreateObservableGauge("kvrouter.snapshot.size", () => Each(status => status.Bytes), "By", "Bytes of the snapshots that are kept, by pool.");
    }

    /// <summary>Whose ages and sizes are told from now on: pools by name.</summary>
    public void Watch(Func<IEnumerable<(string Pool, SnapshotStatus Status)>> statuses) => _statuses = statuses;

    public void Written(string pool, SnapshotWritten written)
    {
        _written.Add(1, new("pool", pool), new("outcome", written.Figures is null ? "unchanged" : "written"));
        _standing.Record(written.Standing.TotalSeconds);
        if (written.Figures is not { } figures) return;
        _bytes.Add(figures.Written, new KeyValuePair<string, object?>("pool", pool));
        _duration.Record(written.Took.TotalSeconds);
    }

    public void Failed(string pool) => _written.Add(1, new("pool", pool), new("outcome", "failed"));

    public void Loaded(string pool, SnapshotLoad load)
    {
        if (load.Resumed > 0) _engines.Add(load.Resumed, new("pool", pool), new("outcome", "resumed"));
        if (load.Dropped > 0) _engines.Add(load.Dropped, new("pool", pool), new("outcome", "dropped"));
        if (load.SetAside.Count > 0) _setAside.Add(load.SetAside.Count, new KeyValuePair<string, object?>("pool", pool));
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<double>> Each(Func<SnapshotStatus, double?> value) =>
        from pool in _statuses()
        let measured = value(pool.Status)
        where measured is not null
        select new Measurement<double>(measured.Value, new KeyValuePair<string, object?>("pool", pool.Pool));
}
