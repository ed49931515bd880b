using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>One engine at the moment of a cut. Made under its target's lock.</summary>
internal sealed class EngineCut(FeedTarget target, EngineState state)
{
    private readonly int _keysPerBlock = target.KeysPerBlock;
    private readonly int _forgotten = target.Forgotten;
    private IReadOnlyList<MapRecord>? _maps;

    public FeedTarget Target => target;

    /// <summary>Whether nothing of the engine has changed since another cut.</summary>
    public bool IsSameAs(EngineCut other) => IsSameStream(other) && state.Verdict == other.State.Verdict && state.Stale == other.State.Stale;

    /// <summary>The engine's record; its map is written unless that of the last generation is still right.</summary>
    public EngineRecord Write(SnapshotSession session, EngineCut? last)
    {
        if (!state.Hashes.IsEmpty) _maps = Known(session, last) ?? Write(session);
        return new EngineRecord
        {
            Endpoint = target.Identity!.Endpoint,
            Uid = target.Identity.Uid,
            Address = target.Identity.Address,
            KeysPerBlock = _keysPerBlock,
            Rank = state.Rank,
            Sequence = state.Sequence,
            Timestamp = state.Timestamp,
            Trust = state.Verdict.State.ToString(),
            Cause = state.Verdict.Cause,
            Differs = state.Verdict.Differs == 0 ? null : state.Verdict.Differs.ToString(),
            Stale = state.Stale?.Cause,
            Group = state.Group,
            Maps = _maps,
            Namings = state.Hashes.Namings.Count == 0 ? null : state.Hashes.Namings,
        };
    }

    /// <summary>Notes the engine's holders under their numbers in the index.</summary>
    public void AddHolders(int engine, Dictionary<int, HolderRecord> byNumber)
    {
        for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++)
        {
            if (target.HolderOf(tier) is { } holder) byNumber[holder.Value] = new HolderRecord(engine, tier.ToString());
        }
    }

    /// <summary>The snapshot is over.</summary>
    public void Release()
    {
        lock (target.Writing) state.Hashes.Release();
    }

    private EngineState State => state;

    private IReadOnlyList<MapRecord>? Known(SnapshotSession session, EngineCut? last) =>
        last is not null && IsSameStream(last) && last._maps is { } maps && session.MayStay(maps.SelectMany(map => map.Sizes).SelectMany(part => part.Places)) ? maps : null;

    private List<MapRecord> Write(SnapshotSession session)
    {
        lock (target.Writing) state.Hashes.Take();
        return [.. state.Hashes.Maps.Select(map => new MapRecord(map.Role.ToString(), [.. map.Content.Select(content => MapRecords.Write(content, session))]))];
    }

    private bool IsSameStream(EngineCut other) =>
        ReferenceEquals(target, other.Target) && _forgotten == other._forgotten
        && (state.Rank, state.Sequence, state.Timestamp) == (other.State.Rank, other.State.Sequence, other.State.Timestamp);
}
