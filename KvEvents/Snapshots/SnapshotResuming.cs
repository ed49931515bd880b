using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// Hands what a snapshot says to those engines that can show that it is still true: the same endpoint as then, with a replay
/// socket. Nothing is said of the others, as after a start without a snapshot.
/// </summary>
internal sealed class SnapshotResuming(string pool, PoolKeyScheme scheme, TimeProvider time, ILogger log)
{
    /// <summary>Returns how many engines go on.</summary>
    public int Run(LoadedSnapshot snapshot, InMemoryBlockIndex index, Func<EngineRecord, FeedTarget?> find)
    {
        var manifest = snapshot.Manifest;
        var going = new (FeedTarget Target, EngineState State)?[manifest.Engines.Count];
        for (var i = 0; i < going.Length; i++)
        {
            var record = manifest.Engines[i];
            var target = find(record);
            if (target is null) Log.SnapshotEngineGone(log, pool, record.Endpoint, record.Address);
            else if (StateOf(record, target, snapshot) is { } state && going.All(other => other?.Target != target)) going[i] = (target, state);
        }

        snapshot.LoadInto(index, [.. manifest.Holders.Select(holder => HolderOf(holder, going))]);
        var count = 0;
        for (var i = 0; i < going.Length; i++)
        {
            if (going[i] is not var (target, state)) continue;
            Resume(target, state, manifest.Engines[i].KeysPerBlock, manifest.TakenAt);
            count++;
        }

        return count;
    }

    private static HolderId? HolderOf(HolderRecord? holder, (FeedTarget Target, EngineState State)?[] going) =>
        holder is not null && (uint)holder.Engine < (uint)going.Length && going[holder.Engine] is var (target, _) && Enum.TryParse<Tier>(holder.Tier, out var tier)
            ? target.HolderFor(tier)
            : null;

    private EngineState? StateOf(EngineRecord record, FeedTarget target, LoadedSnapshot snapshot)
    {
        if (target.Sockets?.ReplayOf(record.Rank) is null)
        {
            target.Status.Trust = EngineTrust.Unverified("the router was restarted, and what it knew of the engine is forgotten, since without a replayPort the engine cannot be asked what has changed since");
            Log.SnapshotEngineCannotReplay(log, target.Endpoint, pool);
            return null;
        }

        if (HashesOf(record, snapshot) is not { } hashes)
        {
            Log.SnapshotMapUnusable(log, target.Endpoint, pool);
            return null;
        }

        return new EngineState
        {
            Rank = record.Rank,
            Sequence = record.Sequence,
            Timestamp = record.Timestamp,
            Verdict = VerdictOf(record),
            Stale = record.Stale is { } stale ? new EngineTrust(TrustState.Stale, stale, time.GetUtcNow()) : null,
            Group = record.Group,
            Function = scheme.Function,
            Hashes = hashes,
        };
    }

    private HashMemory? HashesOf(EngineRecord record, LoadedSnapshot snapshot)
    {
        List<(MapRole, IReadOnlyList<MapContent>)> maps = [];
        foreach (var map in record.Maps ?? [])
        {
            var parts = map.Sizes.Select(part => MapRecords.Read(part, snapshot, scheme.Function.StateBytes)).OfType<MapContent>().ToArray();
            if (parts.Length != map.Sizes.Count || !Enum.TryParse<MapRole>(map.Role, out var role)) return null;
            maps.Add((role, parts));
        }

        return new HashMemory(maps, record.Namings ?? []);
    }

    private static EngineTrust VerdictOf(EngineRecord record)
    {
        if (!Enum.TryParse<TrustState>(record.Trust, out var trust)) return EngineTrust.Unverified(record.Cause);
        return new EngineTrust(trust, record.Cause) { Differs = Enum.TryParse<SchemeParts>(record.Differs, out var parts) ? parts : default };
    }

    private void Resume(FeedTarget target, EngineState state, int keysPerBlock, DateTimeOffset takenAt)
    {
        lock (target.Writing)
        {
            target.Resumption.Wait(state);
            target.KeysPerBlock = keysPerBlock;
            target.Status.Cursor = state.Sequence;
            target.Status.Trust = new EngineTrust(
                TrustState.Recovering,
                string.Create(CultureInfo.InvariantCulture, $"what is known of it is from the snapshot of {takenAt:yyyy-MM-dd HH:mm:ss}Z (sequence {state.Sequence}); it has not been heard since the router was restarted"),
                time.GetUtcNow());
        }
    }
}
