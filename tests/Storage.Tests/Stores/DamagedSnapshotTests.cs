using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Storage;
using OrleansKvRouter.Storage.Postgres;

namespace OrleansKvRouter.Tests.Storage.Stores;

/// <summary>A pool's snapshots in PostgreSQL: as written they are loaded; rows that somebody has changed are never believed.</summary>
[Collection(PostgresTests.Name)]
public sealed class DamagedSnapshotTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const int Blocks = 1_000_000;
    private const string NewestSegment = "000000000003.segment";
    private const string NewestManifest = "000000000003.manifest";

    private string _address = "";
    private DataPlace _place = null!;
    private ISnapshotStore _store = null!;

    [Fact]
    public void Load_AMillionBlocks_AreThoseThatWereWritten()
    {
        var index = new InMemoryBlockIndex();
        var (holder, random) = (index.AddHolder(), new Random(9));
        var chain = new BlockKey[1_000];
        for (var i = 0; i < Blocks; i += chain.Length)
        {
            for (var j = 0; j < chain.Length; j++) chain[j] = new BlockKey((ulong)random.NextInt64());
            index.Store(holder, null, chain);
        }

        var written = Written(Snapshots(index).Write([], isOver: () => false));
        Assert.Equal(Blocks, written.Figures!.Blocks);

        Assert.Equal((1, 0), LoadedGeneration());
        Assert.Equal(Blocks, SnapshotReader.Read(_store, _ => null, [])!.Manifest.BlockCount);
    }

    [Theory]
    [InlineData("a bit of a segment is another", NewestSegment, "update kvrouter.part set bytes = set_bit(bytes, 1001, 1 - get_bit(bytes, 1001)) where blob = $1")]
    [InlineData("a bit of a manifest is another", NewestManifest, "update kvrouter.part set bytes = set_bit(bytes, 1001, 1 - get_bit(bytes, 1001)) where blob = $1")]
    [InlineData("a segment is cut off", NewestSegment, "update kvrouter.part set bytes = substring(bytes for 100) where blob = $1")]
    [InlineData("a manifest is cut off", NewestManifest, "update kvrouter.part set bytes = substring(bytes for 100) where blob = $1")]
    [InlineData("a part is gone", NewestSegment, "delete from kvrouter.part where blob = $1")]
    [InlineData("a blob is gone", NewestSegment, "delete from kvrouter.blob where id = $1")]
    [InlineData("a blob is longer than its parts", NewestManifest, "update kvrouter.blob set length = length + 1 where id = $1")]
    [InlineData("another pool's", NewestManifest, "update kvrouter.part p set bytes = (select convert_to(replace(convert_from(bytes, 'UTF8'), 'default/qwen', 'default/grok'), 'UTF8') from kvrouter.part where blob = p.blob) where blob = $1")]
    public void Load_Damaged_TheOneBeforeIsUsedAndTheDamagedSetAside(string what, string blob, string damage)
    {
        WriteThree();
        Assert.True(Change(damage, blob) == 1, what);

        Assert.Equal((2, 1), LoadedGeneration());
        Assert.DoesNotContain(_store.List(), found => found.Name == NewestManifest);
        // What is next goes on from the good one.
        Assert.Equal((2, 0), LoadedGeneration());
    }

    [Fact]
    public void Load_AsWritten_TheNewestIsUsed()
    {
        WriteThree();
        Assert.Equal((3, 0), LoadedGeneration());
    }

    public async Task InitializeAsync()
    {
        _address = await postgres.Server.NewDatabaseAsync();
        _place = Places.Open(_address);
        _store = _place.Snapshots.Open(Places.Pool);
    }

    public Task DisposeAsync()
    {
        _store.Dispose();
        _place.Dispose();
        return Task.CompletedTask;
    }

    private PoolSnapshots Snapshots(InMemoryBlockIndex index) => new(
        "default/qwen", index, PoolKeyScheme.Create("sha256_cbor", "42").Value!, new PolicyKeys(16, "sha256_cbor", "42"), _store, TimeProvider.System, NullLogger.Instance);

    private static SnapshotWritten Written(OrleansKvRouter.Contracts.Expected<SnapshotWritten> result) =>
        result.Try(out var written, out var fault) ? written : throw new InvalidOperationException(fault.ToString());

    private void WriteThree()
    {
        var index = new InMemoryBlockIndex();
        var holder = index.AddHolder();
        var snapshots = Snapshots(index);
        for (var generation = 1; generation <= 3; generation++)
        {
            index.Store(holder, null, [.. Enumerable.Range(generation * 1_000, 1_000).Select(i => new BlockKey((ulong)i * 0x9E3779B97F4A7C15))]);
            Assert.Equal(generation, Written(snapshots.Write([], isOver: () => false)).Figures!.Generation);
        }
    }

    /// <summary>The generation that a new process loads, and how many it sets aside.</summary>
    private (long? Generation, int SetAside) LoadedGeneration() =>
        Snapshots(new InMemoryBlockIndex()).Load(_ => null).Try(out var load, out var fault) ? (load.Generation, load.SetAside.Count) : throw new InvalidOperationException(fault.ToString());

    private int Change(string damage, string blob)
    {
        using var connection = new NpgsqlConnection(PostgresAddress.Parse(_address).Value!.Connection + ";Pooling=false");
        connection.Open();
        return connection.Execute(damage, connection.Ask<long>("select id from kvrouter.blob where name = $1", blob));
    }
}
