using System.Diagnostics.Metrics;
using OrleansKvRouter.KvEvents.Applying;

namespace OrleansKvRouter.KvEvents;

/// <summary>The metrics of the event streams. Label values are constants of this project and names of pools.</summary>
public sealed class KvEventInstruments : IDisposable
{
    public const string MeterName = "OrleansKvRouter.KvEvents";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _batches;
    private readonly Counter<long> _stored;
    private readonly Counter<long> _removed;
    private readonly Counter<long> _cleared;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _restarts;
    private readonly Counter<long> _purges;
    private readonly Counter<long> _blocksPurged;
    private readonly Counter<long> _replays;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _held;
    private readonly Counter<long> _ignored;
    private readonly Counter<long> _children;
    private readonly Counter<long> _malformed;
    private readonly Counter<long> _unknownPod;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _failures;
    private long _queued;
    private long _streams;

    public KvEventInstruments()
    {
        _batches = _meter.CreateCounter<long>("kvrouter.events.batches", description: "Batches of KV events applied.");
        _stored = _meter.CreateCounter<long>("kvrouter.events.blocks_stored", description: "Blocks that engines announced as stored.");
        _removed = _meter.CreateCounter<long>("kvrouter.events.blocks_removed", description: "Blocks that engines announced as removed.");
        _cleared = _meter.CreateCounter<long>("kvrouter.events.cleared", description: "Times an engine cleared its whole cache.");
        _lost = _meter.CreateCounter<long>("kvrouter.events.lost", description: "Batches that were published and never arrived, by the sequence numbers.");
        _duplicates = _meter.CreateCounter<long>("kvrouter.events.duplicates", description: "Batches that arrived a second time or too late, and were not applied.");
        _restarts = _meter.CreateCounter<long>("kvrouter.events.restarts", description: "Restarts of engines, told from sequence numbers that went back.");
        _purges = _meter.CreateCounter<long>("kvrouter.events.purges", description: "Times that an engine's blocks were taken out because what it said could no longer be relied on.");
        _blocksPurged = _meter.CreateCounter<long>("kvrouter.events.blocks_purged", description: "Blocks taken out by purges.");
        _replays = _meter.CreateCounter<long>("kvrouter.events.replays", description: "Replays asked of engines, by what became of them.");
        _replayed = _meter.CreateCounter<long>("kvrouter.events.replayed", description: "Batches fetched from engines' replay sockets and applied.");
        _held = _meter.CreateCounter<long>("kvrouter.events.held", description: "Live batches that arrived during a replay, by what became of them.");
        _ignored = _meter.CreateCounter<long>("kvrouter.events.ignored", description: "Events that were understood and not applied, by reason.");
        _children = _meter.CreateCounter<long>("kvrouter.events.children", description: "Blocks of mapped engines whose parent was not known when they were announced, by what became of them.");
        _malformed = _meter.CreateCounter<long>("kvrouter.events.malformed", description: "Messages that could not be read, by the part at fault.");
        _unknownPod = _meter.CreateCounter<long>("kvrouter.events.unknown_pod", description: "Batches from pods that no pool knew when they arrived, by what became of them.");
        _dropped = _meter.CreateCounter<long>("kvrouter.events.dropped", description: "Batches dropped because too much waited already, by the bound that was met.");
        _failures = _meter.CreateCounter<long>("kvrouter.events.failures", description: "Batches whose applying failed for a reason inside the router.");
        _meter.CreateObservableGauge("kvrouter.events.queue_depth", () => Volatile.Read(ref _queued), description: "Batches that wait to be applied.");
        _meter.CreateObservableGauge("kvrouter.events.streams", () => Volatile.Read(ref _streams), description: "Topics followed.");
    }

    internal Meter Meter => _meter;

    public void Dispose() => _meter.Dispose();

    internal void Applied(string pool, long stored, long removed, long cleared)
    {
        var label = Label("pool", pool);
        _batches.Add(1, label);
        if (stored > 0) _stored.Add(stored, label);
        if (removed > 0) _removed.Add(removed, label);
        if (cleared > 0) _cleared.Add(cleared, label);
    }

    internal void Lost(string pool, long batches) => _lost.Add(batches, Label("pool", pool));

    internal void Duplicate(string pool) => _duplicates.Add(1, Label("pool", pool));

    internal void Restarted(string pool) => _restarts.Add(1, Label("pool", pool));

    internal void Purged(string pool, long blocks)
    {
        var label = Label("pool", pool);
        _purges.Add(1, label);
        if (blocks > 0) _blocksPurged.Add(blocks, label);
    }

    internal void ReplayEnded(string outcome) => _replays.Add(1, Label("outcome", outcome));

    internal void Replayed(string pool) => _replayed.Add(1, Label("pool", pool));

    internal void Held(string outcome) => _held.Add(1, Label("outcome", outcome));

    internal void Ignored(string reason, long events = 1) => _ignored.Add(events, Label("reason", reason));

    internal void Mapped(in MappedOutcome outcome)
    {
        if (outcome.Waiting > 0) _children.Add(outcome.Waiting, Label("outcome", "waiting"));
        if (outcome.Stitched > 0) _children.Add(outcome.Stitched, Label("outcome", "stitched"));
        if (outcome.GivenUp > 0) _children.Add(outcome.GivenUp, Label("outcome", "given_up"));
        if (outcome.Unplaced > 0) Ignored("unplaced", outcome.Unplaced);
        if (outcome.ForeignExtras > 0) Ignored("extra_keys", outcome.ForeignExtras);
        if (outcome.OverBound > 0) Ignored("map_full", outcome.OverBound);
    }

    internal void Malformed(string part) => _malformed.Add(1, Label("part", part));

    internal void UnknownPod(string outcome) => _unknownPod.Add(1, Label("outcome", outcome));

    internal void Dropped(string bound) => _dropped.Add(1, Label("bound", bound));

    internal void Failed() => _failures.Add(1);

    internal void Queued(long change) => Interlocked.Add(ref _queued, change);

    internal void Streams(long count) => Volatile.Write(ref _streams, count);

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}
