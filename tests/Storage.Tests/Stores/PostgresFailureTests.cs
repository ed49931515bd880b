using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Storage;
using OrleansKvRouter.Storage.Postgres;
using OrleansKvRouter.Tests.Support.Postgres;

namespace OrleansKvRouter.Tests.Storage.Stores;

/// <summary>A server that dies, comes back, refuses, or gives the place to somebody else.</summary>
public sealed class PostgresFailureTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private string _address = "";

    [Fact]
    public async Task Kill_InTheMiddleOfABlob_WhatWasCommittedStaysAndNothingElse()
    {
        using var place = Places.Open(_address);
        using var store = place.Snapshots.Open(Places.Pool);
        store.Write("good", 1, 2, 3);
        using (var half = store.Create("half"))
        {
            half.Append(new byte[10 << 20]);
            await _server.KillAsync();

            var failure = Assert.Throws<IOException>(() => half.Append(new byte[10 << 20]));
            Assert.Contains("half of place default/qwen", failure.Message, StringComparison.Ordinal);
            Assert.Contains($"127.0.0.1:{_server.Port}", failure.Message, StringComparison.Ordinal);
            AssertSecret(failure);
            Assert.ThrowsAny<Exception>(half.Commit);
        }

        AssertSecret(Assert.Throws<IOException>(() => store.List()));
        await _server.StartAsync();

        Assert.Equal([1, 2, 3], await WithinAsync(() => store.Read("good")));
        Assert.Equal([new StoredBlob("good", 3)], store.List());
        Assert.Equal(1, CountParts());
        await WithinAsync(() =>
        {
            store.Write("half", 4);
            return true;
        });
        Assert.Equal([4], store.Read("half"));
        // The lock was taken again with it.
        using var another = Places.Open(_address);
        Assert.Throws<PlaceTakenException>(() => another.Snapshots.Open(Places.Pool));
    }

    [Fact]
    public async Task Write_ServerGoesAndComesBack_IsAFaultAndThenASnapshot()
    {
        using var place = Places.Open(_address);
        using var store = place.Snapshots.Open(Places.Pool);
        var index = new InMemoryBlockIndex();
        var holder = index.AddHolder();
        var snapshots = SnapshotsOf(index, store);
        index.Store(holder, null, [new BlockKey(1), new BlockKey(2)]);
        Assert.True(snapshots.Write([], isOver: () => false).Try(out _, out _));

        await _server.KillAsync();
        index.Store(holder, null, [new BlockKey(3)]);
        Assert.False(snapshots.Write([], isOver: () => false).Try(out _, out var fault));
        Assert.Contains($"127.0.0.1:{_server.Port}", fault!.What, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, fault.ToString(), StringComparison.Ordinal);

        await _server.StartAsync();
        await Eventually.TrueAsync(() => snapshots.Write([], isOver: () => false).Try(out _, out _), "a snapshot is written again");
        Assert.True(SnapshotsOf(new InMemoryBlockIndex(), store).Load(_ => null).Try(out var load, out _));
        Assert.Equal((2, 0), (load.Generation, load.SetAside.Count));
        Assert.Equal(3, SnapshotReader.Read(store, _ => null, [])!.Manifest.BlockCount);
    }

    [Fact]
    public async Task SessionEnded_PlaceTakenByAnother_WritesAreRefusedAndTheirsStay()
    {
        using var mine = Places.Open(_address);
        using var store = mine.Snapshots.Open(Places.Pool);
        store.Write("a.manifest", 1);
        using var blob = store.Create("b.manifest");
        EndSessions(holding: "advisory");
        using var another = Places.Open(_address);
        using var theirs = await WithinAsync(() => another.Snapshots.Open(Places.Pool));
        theirs.Write("a.manifest", 2);

        // Also what began before the place was lost.
        foreach (var change in new Action[] { blob.Commit, () => store.Delete("a.manifest"), () => store.SetAside("a.manifest"), () => store.Write("a.manifest", 3) })
        {
            var failure = await EventuallyTakenAsync(change);
            Assert.Contains(".manifest of place default/qwen", failure.Message, StringComparison.Ordinal);
            Assert.Contains($"process {Environment.ProcessId} on", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal([2], theirs.Read("a.manifest"));
        Assert.Equal([new StoredBlob("a.manifest", 1)], theirs.List());
        // And the loser, though connected again, does not keep the place from others.
        theirs.Dispose();
        using var third = Places.Open(_address);
        third.Snapshots.Open(Places.Pool).Dispose();
    }

    [Fact]
    public void Open_WrongPassword_IsAFaultThatDoesNotRepeatIt()
    {
        const string Wrong = "not/the:password";
        Assert.False(DataPlace.Open(_server.AddressOf("test1", Wrong), Sharing.Alone).Try(out _, out var fault));

        Assert.Contains($"postgres://127.0.0.1:{_server.Port}/test1", fault!.What, StringComparison.Ordinal);
        Assert.Contains("password authentication failed", fault.What, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(Wrong), fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NoServer_IsAFaultThatNamesIt()
    {
        await _server.KillAsync();
        Assert.False(DataPlace.Open(_address, Sharing.Alone).Try(out _, out var fault));
        Assert.Contains($"127.0.0.1:{_server.Port}", fault!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ManyAtOnceOnANewDatabase_AllGetTheTables() => Parallel.For(0, 8, i =>
    {
        using var place = Places.Open(_address);
        using var store = place.Snapshots.Open(SnapshotPlace.Of($"{i}"));
        store.Write("a", (byte)i);
        Assert.Equal([(byte)i], store.Read("a"));
    });

    [Theory]
    [InlineData("postgres://user:hush@/db")]
    [InlineData("postgres://user:hush@host")]
    [InlineData("postgres://user:hush@host:port/db")]
    [InlineData("postgres://hush@/")]
    [InlineData("postgresql://user:hu/sh@host/db")]
    [InlineData("postgres://user:hush@host/db?sslmode=hush")]
    [InlineData("postgres://user:hush@host/db?hush=1")]
    public void Parse_AddressWithAMistake_IsAFaultThatRepeatsNothing(string text)
    {
        Assert.True(PostgresAddress.IsOne(text));
        Assert.False(PostgresAddress.Parse(text).Try(out _, out var fault));
        Assert.DoesNotContain("hu", fault!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_WholeAddress_IsConnectedToAsItSaysAndNamedWithoutThePassword()
    {
        var address = PostgresAddress.Parse("postgresql://us%20er:p%40ss@[::1]:6000/d%20b?sslmode=verify-full&sslrootcert=/etc/ca.pem").Value!;
        var connection = new NpgsqlConnectionStringBuilder(address.Connection);

        Assert.Equal(("::1", 6000, "d b", "us er", "p@ss"), (connection.Host, connection.Port, connection.Database, connection.Username, connection.Password));
        Assert.Equal((SslMode.VerifyFull, "/etc/ca.pem"), (connection.SslMode, connection.RootCertificate));
        Assert.Equal("postgres://[::1]:6000/d%20b", address.ToString());
        Assert.Equal(5432, new NpgsqlConnectionStringBuilder(PostgresAddress.Parse("postgres://u@h/d").Value!.Connection).Port);
    }

    [Fact]
    public void Tables_InTheDocumentation_AreThoseThatAreMade() =>
        Assert.Contains(PostgresSchema.Tables, File.ReadAllText(Repository.InRepo("docs", "postgresql.md")), StringComparison.Ordinal);

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync();
        _address = await _server.NewDatabaseAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    private static PoolSnapshots SnapshotsOf(InMemoryBlockIndex index, ISnapshotStore store) => new(
        "default/qwen", index, PoolKeyScheme.Create("sha256_cbor", "42").Value!, new PolicyKeys(16, "sha256_cbor", "42"), store, TimeProvider.System, NullLogger.Instance);

    private static void AssertSecret(Exception failure)
    {
        Assert.DoesNotContain(PostgresServer.Password, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(PostgresServer.Password), failure.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Tries again while the connections that were lost are found out.</summary>
    private static async Task<T> WithinAsync<T>(Func<T> work)
    {
        T result = default!;
        await Eventually.TrueAsync(() =>
        {
            try
            {
                result = work();
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }, "the database answers again");
        return result;
    }

    private static async Task<PlaceTakenException> EventuallyTakenAsync(Action change)
    {
        PlaceTakenException? taken = null;
        await Eventually.TrueAsync(() =>
        {
            try
            {
                change();
                return true;
            }
            catch (PlaceTakenException e)
            {
                taken = e;
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }, "the loss of the place is known");
        return taken ?? throw new InvalidOperationException("a place of another was changed");
    }

    private long CountParts()
    {
        using var connection = Connect();
        return connection.Ask<long>("select count(*) from kvrouter.part");
    }

    private void EndSessions(string holding)
    {
        using var connection = Connect();
        Assert.Equal(1, connection.Ask<long>("select count(pg_terminate_backend(pid)) from (select distinct pid from pg_locks where locktype = $1 and pid <> pg_backend_pid()) holders", holding));
    }

    private NpgsqlConnection Connect()
    {
        var connection = new NpgsqlConnection(PostgresAddress.Parse(_address).Value!.Connection + ";Pooling=false");
        connection.Open();
        return connection;
    }
}
