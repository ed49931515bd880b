using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// One pool's snapshots: its index together with how far each engine's stream has been applied, all of one moment. Feeds
/// stand still while the cut is taken (every target's lock and the index's own, for the time of copying a few tables) and not
/// while it is written; walks never. One thread at a time.
/// </summary>
/// <param name="pool">The pool's <c>namespace/name</c>.</param>
/// <param name="index">Its index.</param>
/// <param name="scheme">Its key scheme.</param>
/// <param name="policy">What its policy says of keys.</param>
/// <param name="store">Where its snapshots are.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where what is set aside or dropped is said.</param>
public sealed class PoolSnapshots(
    string pool, InMemoryBlockIndex index, PoolKeyScheme scheme, PolicyKeys policy, ISnapshotStore store, TimeProvider time, ILogger log)
{
    private readonly SnapshotWriter _writer = new(store);
    private readonly Dictionary<FeedTarget, EngineCut>[] _bySeries = [[], []];
    private Dictionary<FeedTarget, EngineCut> _last = [];

    public ISnapshotStore Store => store;

    /// <summary>
    /// Loads the newest snapshot that is whole into the index, which is empty, and hands the targets what their feeds go on from.
    /// Before any feed starts.
    /// </summary>
    /// <param name="find">The target that is an engine's of the snapshot now; null where it is gone or another.</param>
    /// <returns>What came of it, or why the store cannot be read.</returns>
    public Expected<SnapshotLoad> Load(Func<EngineRecord, FeedTarget?> find)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            List<Fault> faults = [];
            var loaded = SnapshotReader.Read(store, Refuse, faults);
            foreach (var fault in faults) Log.SnapshotSetAside(log, pool, fault);
            if (loaded is null) return new SnapshotLoad(null, null, 0, 0, faults, Stopwatch.GetElapsedTime(started));

            var manifest = loaded.Manifest;
            scheme.TryResume(manifest.Keys.Function, Convert.FromHexString(manifest.Keys.Root), Enum.Parse<SchemeSource>(manifest.Keys.Source));
            _writer.Adopt(manifest);
            var resumed = new SnapshotResuming(pool, scheme, time, log).Run(loaded, index, find);
            return new SnapshotLoad(manifest.Generation, manifest.TakenAt, resumed, manifest.Engines.Count - resumed, faults, Stopwatch.GetElapsedTime(started));
        }
        catch (IOException e)
        {
            return new Fault($"the snapshots in {store.Place} cannot be read: {e.Message}", "see to the place, or give another with --data");
        }
    }

    /// <summary>
    /// Writes a generation of what the index and the targets are now, unless nothing has changed since the last one.
    /// </summary>
    /// <param name="targets">The pool's engines.</param>
    /// <param name="isOver">Asked after the cut whether the pool was being dissolved meanwhile: then nothing is written, and the last generation stays.</param>
    public Expected<SnapshotWritten> Write(IReadOnlyCollection<FeedTarget> targets, Func<bool> isOver)
    {
        var started = Stopwatch.GetTimestamp();
        List<EngineCut> engines = [];
        try
        {
            using var session = Cut(targets, engines, out var keys);
            var takenAt = time.GetUtcNow();
            var standing = Stopwatch.GetElapsedTime(started);
            if (isOver() || (!session.HasChanges && engines.Count == _last.Count && engines.All(engine => _last.TryGetValue(engine.Target, out var last) && engine.IsSameAs(last))))
            {
                return new SnapshotWritten(null, takenAt, _writer.Bytes, standing, Stopwatch.GetElapsedTime(started));
            }

            var series = _writer.Series;
            var figures = session.Commit(new SnapshotManifest
            {
                Generation = 0,
                TakenAt = takenAt,
                Pool = pool,
                Keys = keys,
                Engines = [.. engines.Select(engine => engine.Write(session, _bySeries[series].GetValueOrDefault(engine.Target)))],
                Holders = HoldersOf(engines, session),
                Blocks = [],
                BlockCount = 0,
            });
            _last = _bySeries[series] = engines.ToDictionary(engine => engine.Target);
            return new SnapshotWritten(figures, takenAt, _writer.Bytes, standing, Stopwatch.GetElapsedTime(started));
        }
        catch (IOException e)
        {
            return new Fault($"a snapshot of pool {pool} cannot be written to {store.Place}: {e.Message}", "see to the space and the rights there");
        }
        finally
        {
            foreach (var engine in engines) engine.Release();
        }
    }

    /// <summary>Everything at one moment: what the index has and how far each stream is.</summary>
    private SnapshotSession Cut(IReadOnlyCollection<FeedTarget> targets, List<EngineCut> engines, out KeysRecord keys)
    {
        var held = 0;
        var all = targets.Where(target => ReferenceEquals(target.Index, index) && target.Identity is not null).ToArray();
        try
        {
            foreach (var target in all)
            {
                target.Writing.Enter();
                held++;
            }

            foreach (var target in all)
            {
                // What its answers contradict is learnt again, by this process or by the next.
                if (target is { Retired: false, IsContradicted: false } && target.Resumption.Cut(scheme.Function) is { } state) engines.Add(new EngineCut(target, state));
            }

            keys = new KeysRecord(
                policy.BlockSize, policy.Algorithm, policy.Seed, scheme.Function.Name, Convert.ToHexString(scheme.Function.Root.Bytes), scheme.Source.ToString());
            return _writer.Begin(index);
        }
        finally
        {
            while (held > 0) all[--held].Writing.Exit();
        }
    }

    /// <summary>What is against a snapshot that is whole.</summary>
    private Fault? Refuse(SnapshotManifest manifest)
    {
        if (manifest.Pool != pool) return new Fault($"it is of pool {manifest.Pool}");
        var keys = manifest.Keys;
        if (new PolicyKeys(keys.BlockSize, keys.Algorithm, keys.Seed) != policy)
        {
            return new Fault($"it was written for {new PolicyKeys(keys.BlockSize, keys.Algorithm, keys.Seed)}, and the pool has {policy}");
        }

        return Enum.TryParse<SchemeSource>(keys.Source, out _) && scheme.CanResume(keys.Function, Convert.FromHexString(keys.Root)) ? null : new Fault($"its keys are {keys.Function}, which this version of the router computes otherwise");
    }

    private static HolderRecord?[] HoldersOf(List<EngineCut> engines, SnapshotSession session)
    {
        var byNumber = new Dictionary<int, HolderRecord>();
        for (var i = 0; i < engines.Count; i++) engines[i].AddHolders(i, byNumber);
        return [.. session.Owners.Select(owner => byNumber.GetValueOrDefault(owner))];
    }
}

/// <summary>What a policy says of keys: a snapshot is of use only while it says the same.</summary>
public sealed record PolicyKeys(int BlockSize, string Algorithm, string? Seed)
{
    public override string ToString() => $"blocks of {BlockSize} tokens, hashAlgorithm {Algorithm}, {(Seed is null ? "no hashSeed" : $"hashSeed \"{Seed}\"")}";
}

/// <summary>What loading came to.</summary>
/// <param name="Generation">The generation that was loaded; null for none.</param>
/// <param name="TakenAt">When it was taken.</param>
/// <param name="Resumed">Engines that go on from it.</param>
/// <param name="Dropped">Engines in it that are gone, or cannot go on.</param>
/// <param name="SetAside">Generations that could not be used.</param>
/// <param name="Took">How long it took.</param>
public sealed record SnapshotLoad(long? Generation, DateTimeOffset? TakenAt, int Resumed, int Dropped, IReadOnlyList<Fault> SetAside, TimeSpan Took);

/// <summary>What writing came to.</summary>
/// <param name="Figures">The generation; null where nothing had changed since the last one, which is as good as one of now.</param>
/// <param name="TakenAt">When the cut was taken.</param>
/// <param name="Bytes">Bytes of the generations that are kept.</param>
/// <param name="Standing">How long the feeds stood still.</param>
/// <param name="Took">How long all of it took.</param>
public sealed record SnapshotWritten(SnapshotFigures? Figures, DateTimeOffset TakenAt, long Bytes, TimeSpan Standing, TimeSpan Took);
