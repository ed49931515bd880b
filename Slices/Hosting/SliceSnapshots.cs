using System.Globalization;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.Slices.Hosting;

/// <summary>
/// One slice's snapshots: its blocks together with how far each engine's stream is in them, all of one moment. What is written to
/// the slice waits for the cut, walks never do. One thread at a time.
/// </summary>
/// <param name="name">What the slice is called in its manifests: pool, number, slices of the pool.</param>
/// <param name="keys">What the pool's policy says of keys.</param>
/// <param name="store">Where they are kept.</param>
/// <param name="time">The clock.</param>
public sealed class SliceSnapshots(string name, KeysRecord keys, ISnapshotStore store, TimeProvider time)
{
    private static readonly string[] TierNames = ["Gpu", "Cpu", "Disk"];

    private readonly SnapshotWriter _writer = new(store);
    private IReadOnlyList<SliceEngineRecord> _last = [];

    /// <summary>Loads the newest snapshot that is whole into a slice that nobody knows yet. A store that cannot be read is an <see cref="IOException"/>.</summary>
    /// <param name="slice">Where to.</param>
    /// <param name="faults">What was set aside, and why.</param>
    /// <returns>Its blocks; null where there was none.</returns>
    public long? Load(Slice slice, ICollection<Fault> faults)
    {
        if (SnapshotReader.Read(store, Refuse, faults) is not { } loaded) return null;
        var manifest = loaded.Manifest;
        _writer.Adopt(manifest);
        var engines = manifest.SliceEngines!.Select(record => new EngineInSlice(new EngineId(ulong.Parse(record.Id, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))
        {
            Name = record.Name,
            Token = record.Token,
            Scheme = ulong.Parse(record.Scheme, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            Position = new EnginePosition(record.Epoch, record.Sequence, record.Timestamp, ulong.Parse(record.Memo, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
        }).ToArray();
        foreach (var engine in engines) slice.Restore(engine);
        loaded.LoadInto(slice.Index, [.. manifest.Holders.Select(holder => holder is null ? (HolderId?)null : slice.HolderOf(engines[holder.Engine], Array.IndexOf(TierNames, holder.Tier)))]);
        return manifest.BlockCount;
    }

    /// <summary>Writes a snapshot, unless nothing has changed since the last. A failure of the store is an <see cref="IOException"/>, and the one before stays.</summary>
    /// <returns>What was written; null for nothing.</returns>
    public SnapshotFigures? Write(Slice slice)
    {
        var (session, engines, holders) = slice.Frozen(known =>
        {
            var cut = _writer.Begin(slice.Index);
            var ordered = known.ToArray();
            var byNumber = new Dictionary<int, HolderRecord>();
            for (var i = 0; i < ordered.Length; i++)
            {
                for (var tier = 0; tier < HolderTag.Tiers; tier++)
                {
                    if (ordered[i].Holders[tier] is { } holder) byNumber[holder.Value] = new HolderRecord(i, TierNames[tier]);
                }
            }

            return (cut, ordered.Select(RecordOf).ToArray(), cut.Owners.Select(owner => byNumber.GetValueOrDefault(owner)).ToArray());
        });
        using (session)
        {
            if (!session.HasChanges && engines.SequenceEqual(_last)) return null;
            var figures = session.Commit(new SnapshotManifest
            {
                Generation = 0,
                TakenAt = time.GetUtcNow(),
                Pool = name,
                Keys = keys,
                Engines = [],
                SliceEngines = engines,
                Holders = holders,
                Blocks = [],
                BlockCount = 0,
            });
            _last = engines;
            return figures;
        }
    }

    private static SliceEngineRecord RecordOf(EngineInSlice engine) => new(
        engine.Name,
        engine.Id.ToString(),
        engine.Token,
        engine.Scheme.ToString("x16", CultureInfo.InvariantCulture),
        engine.Position.Epoch,
        engine.Position.Sequence,
        engine.Position.Timestamp,
        engine.Position.Memo.ToString("x", CultureInfo.InvariantCulture));

    private Fault? Refuse(SnapshotManifest manifest)
    {
        if (manifest.Pool != name) return new Fault($"it is of {manifest.Pool}, and not of {name}");
        if (manifest.Keys != keys) return new Fault($"it was written for {manifest.Keys}, and the pool has {keys}");
        if (manifest.SliceEngines is not { } engines) return new Fault("it is of a whole index, and not of a slice");
        return manifest.Holders.All(holder => holder is null || ((uint)holder.Engine < (uint)engines.Count && Array.IndexOf(TierNames, holder.Tier) >= 0))
            && engines.All(engine => IsWord(engine.Id) && IsWord(engine.Scheme) && IsWord(engine.Memo))
            ? null
            : new Fault("it names a holder or an engine that there is not");
    }

    private static bool IsWord(string text) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
}
