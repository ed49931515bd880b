using System.Globalization;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;
using OrleansKvRouter.Tests.KvIndex.Index;

namespace OrleansKvRouter.Tests.KvIndex.Snapshots;

/// <summary>An index and the naive model of it, with a random history, that are snapshotted into a store and loaded from it.</summary>
internal sealed class Snapshotted
{
    private static readonly KeysRecord Keys = new(16, "auto", null, "sha256_cbor", "", "proven");
    private readonly Random _random;
    private readonly BlockKey[][] _chains;
    private readonly int _maxHolders;

    public Snapshotted(ISnapshotStore store, int seed, int chains, int length, int maxHolders)
    {
        _random = new Random(seed);
        _maxHolders = maxHolders;
        _chains = RandomHistoryTests.ChainsOf(_random, chains, length);
        Writer = new SnapshotWriter(store);
    }

    public InMemoryBlockIndex Index { get; } = new();

    public NaiveIndex Naive { get; } = new();

    public SnapshotWriter Writer { get; }

    public IReadOnlyList<BlockKey[]> Chains => _chains;

    public void Change(int times)
    {
        for (var i = 0; i < times; i++) RandomHistoryTests.Change(_random, Index, Naive, _chains[_random.Next(_chains.Length)], _maxHolders);
    }

    /// <summary>Stores chains or parts of them.</summary>
    public void Store(int times, int holders)
    {
        while (Naive.Holders.Count() < holders) Naive.AddHolder(Index.AddHolder());
        for (var i = 0; i < times; i++)
        {
            var holder = new HolderId(_random.Next(holders));
            var chain = _chains[_random.Next(_chains.Length)];
            var part = chain.AsSpan(0, _random.Next(chain.Length));
            Index.Store(holder, null, part);
            Naive.Store(holder, part);
        }
    }

    public SnapshotFigures Snapshot()
    {
        using var session = Writer.Begin(Index);
        return Commit(session);
    }

    /// <summary>Each holder stands for an engine that has its number for a name.</summary>
    public static SnapshotFigures Commit(SnapshotSession session)
    {
        var numbers = session.Owners.Where(owner => owner >= 0).ToArray();
        return session.Commit(new SnapshotManifest
        {
            Generation = 0,
            TakenAt = DateTimeOffset.UnixEpoch,
            Pool = "default/pool",
            Keys = Keys,
            Engines = [.. numbers.Select(number => new EngineRecord { Endpoint = number.ToString(CultureInfo.InvariantCulture), Uid = "", Address = "", KeysPerBlock = 1, Rank = 0, Sequence = 0, Timestamp = 0, Trust = "exact", Cause = "" })],
            Holders = [.. session.Owners.Select(owner => owner < 0 ? null : new HolderRecord(Array.IndexOf(numbers, owner), "gpu"))],
            Blocks = [],
            BlockCount = 0,
        });
    }

    /// <summary>What a new process would find in the store.</summary>
    public static LoadedIndex? Load(ISnapshotStore store, ICollection<Fault>? faults = null)
    {
        if (SnapshotReader.Read(store, _ => null, faults ?? []) is not { } loaded) return null;
        var index = new InMemoryBlockIndex();
        // Other numbers than before: a holder more.
        index.AddHolder();
        var here = new Dictionary<int, HolderId>();
        foreach (var engine in loaded.Manifest.Engines) here[int.Parse(engine.Endpoint, CultureInfo.InvariantCulture)] = index.AddHolder();
        var names = loaded.Manifest.Engines.Select(engine => int.Parse(engine.Endpoint, CultureInfo.InvariantCulture)).ToArray();
        loaded.LoadInto(index, [.. loaded.Manifest.Holders.Select(holder => holder is null ? null : (HolderId?)here[names[holder.Engine]])]);
        return new LoadedIndex(loaded.Manifest.Generation, index, here);
    }
}

/// <summary>An index from a snapshot, and under which number each holder is in it.</summary>
internal sealed record LoadedIndex(long Generation, InMemoryBlockIndex Index, Dictionary<int, HolderId> Holders)
{
    /// <summary>Compares walks, counts, and then, which empties both, how often each holder has each block.</summary>
    public void AssertEquals(NaiveIndex expected, IReadOnlyList<BlockKey[]> chains, string what)
    {
        var statistics = Index.Statistics;
        Assert.True((expected.Blocks, expected.Memberships) == (statistics.Blocks, statistics.Memberships), $"{what}: statistics");
        var matches = new PrefixMatches();
        foreach (var chain in chains)
        {
            var walk = expected.Walk(chain);
            Index.Walk(chain, matches);
            Assert.True(walk.Count == matches.Holders.Length && walk.All(w => matches.BlocksOf(Holders[w.Key]) == w.Value), $"{what}: walk");
        }

        foreach (var holder in expected.Holders.ToArray())
        {
            Assert.True(expected.BlocksHeld(holder) == Index.BlocksHeld(Holders[holder.Value]), $"{what}: blocks held");
            foreach (var chain in chains)
            {
                int had;
                do
                {
                    had = expected.Remove(holder, chain);
                    Assert.True(had == Index.Remove(Holders[holder.Value], chain), $"{what}: copies");
                }
                while (had > 0);
            }
        }

        Assert.True(Index.Statistics.Memberships == 0, $"{what}: something is left");
    }
}
