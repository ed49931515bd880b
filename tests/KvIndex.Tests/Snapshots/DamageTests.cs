using System.Text;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Tests.KvIndex.Index;

namespace OrleansKvRouter.Tests.KvIndex.Snapshots;

/// <summary>Snapshots whose bytes are not those that were written: never believed, never a crash, and the one before is used.</summary>
public sealed class DamageTests : IDisposable
{
    private const int Newest = 4;
    private readonly MemoryStore _store = new();
    private readonly Snapshotted _history;
    private readonly NaiveIndex[] _then;

    public DamageTests()
    {
        _history = new Snapshotted(_store, seed: 11, chains: 4, length: 10, maxHolders: 3);
        _then = new NaiveIndex[Newest + 1];
        for (var generation = 1; generation <= Newest; generation++)
        {
            _history.Store(6, holders: 3);
            _history.Snapshot();
            _then[generation] = _history.Naive.Clone();
        }
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public void EveryLengthOfEveryBlob_NeverBelieved()
    {
        foreach (var (name, bytes) in _store.Blobs)
        {
            for (var length = 0; length < bytes.Length; length++) Check(name, bytes[..length], $"{name} cut to {length}");
            Check(name, [.. bytes, 0], $"{name} with a byte more");
        }
    }

    [Fact]
    public void EveryByteWithAFlippedBit_NeverBelieved()
    {
        var random = new Random(5);
        foreach (var (name, bytes) in _store.Blobs)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                var damaged = bytes.ToArray();
                damaged[i] ^= (byte)(1 << random.Next(8));
                Check(name, damaged, $"{name}, byte {i}");
            }
        }
    }

    [Fact]
    public void RandomBytes_NeverBelieved()
    {
        var random = new Random(6);
        foreach (var name in _store.Blobs.Keys.ToArray())
        {
            for (var i = 0; i < 200; i++)
            {
                var noise = new byte[random.Next(2_000)];
                random.NextBytes(noise);
                Check(name, noise, $"{name}, noise {i}");
            }
        }
    }

    [Fact]
    public void MissingSegment_OlderGenerationIsUsed()
    {
        _store.Blobs.Remove($"{Newest:d12}.segment");
        List<Fault> faults = [];

        var loaded = Snapshotted.Load(_store, faults)!;

        Assert.Equal(Newest - 1, loaded.Generation);
        loaded.AssertEquals(_then[Newest - 1].Clone(), _history.Chains, "the older generation");
        Assert.Contains($"{Newest:d12}.manifest", Assert.Single(faults).What, StringComparison.Ordinal);
        Assert.Equal([$"{Newest:d12}.manifest"], _store.Aside);
    }

    [Fact]
    public void NewerFormat_RefusedByName()
    {
        _store.Blobs[$"{Newest + 1:d12}.manifest"] = Encoding.ASCII.GetBytes("KVROUTER-SNAPSHOT 2 0 0000000000000000\n");
        List<Fault> faults = [];

        Assert.Equal(Newest, Snapshotted.Load(_store, faults)!.Generation);
        Assert.Contains("format 2, and this version of the router reads 1 to 1", Assert.Single(faults).What, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusedManifest_SetAsideWithTheReason()
    {
        List<Fault> faults = [];

        Assert.Null(SnapshotReader.Read(_store, _ => new Fault("it is of another pool"), faults));

        Assert.Equal(2, faults.Count);
        Assert.All(faults, fault => Assert.Contains("it is of another pool", fault.What, StringComparison.Ordinal));
        Assert.Equal(2, _store.Aside.Count);
    }

    [Fact]
    public void FormatOfVersionOne_StaysReadable()
    {
        // Frozen: what version 1 wrote must be read by every later version.
        var store = new MemoryStore();
        store.Blobs["000000000001.segment"] = Convert.FromHexString(FrozenSnapshot.Segment);
        store.Blobs["000000000001.manifest"] = Encoding.UTF8.GetBytes(FrozenSnapshot.Manifest);
        List<Fault> faults = [];

        var loaded = SnapshotReader.Read(store, _ => null, faults);

        Assert.Empty(faults);
        Assert.Equal(3, loaded!.Manifest.BlockCount);
        Assert.Equal(("default/pod-a", 41L, 1700000000.25), (loaded.Manifest.Engines[0].Endpoint, loaded.Manifest.Engines[0].Sequence, loaded.Manifest.Engines[0].Timestamp));
    }

    /// <summary>One blob is damaged: what is loaded is one of the generations as it was, or nothing; and the damage is named.</summary>
    private void Check(string name, byte[] bytes, string what)
    {
        var store = _store.Clone();
        store.Blobs[name] = bytes;
        List<Fault> faults = [];

        var loaded = Snapshotted.Load(store, faults);

        Assert.NotNull(loaded);
        loaded.AssertEquals(_then[(int)loaded.Generation].Clone(), _history.Chains, what);
        // Whatever one blob suffers, the newest generation is whole or the one before it is.
        Assert.Equal(faults.Count == 0 ? Newest : Newest - 1, loaded.Generation);
        if (name == $"{Newest:d12}.manifest") Assert.NotEmpty(faults);
        Assert.Equal(faults.Count, store.Aside.Count);
    }
}
