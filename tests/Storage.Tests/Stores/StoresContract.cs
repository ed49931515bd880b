using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.Tests.Storage.Stores;

/// <summary>What every kind of store must do.</summary>
public abstract class StoresContract : IAsyncLifetime
{
    private DataPlace _place = null!;

    /// <summary>What <c>--data</c> would be given.</summary>
    protected string Address { get; private set; } = "";

    protected abstract Task<string> NewPlaceAsync();

    [Fact]
    public void Commit_ManyAppends_IsReadBackInAnyRange()
    {
        using var store = _place.Snapshots.Open(Places.Pool);
        var random = new Random(3);
        // Ends in the middle of a part, and its appends cross the borders of parts.
        var bytes = new byte[(9 << 20) + 12_345];
        random.NextBytes(bytes);
        using (var blob = store.Create("a.segment"))
        {
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(random.Next(1_000_000), bytes.Length - at);
                blob.Append(bytes.AsSpan(at, length));
                at += length;
            }

            blob.Commit();
        }

        Assert.Equal([new StoredBlob("a.segment", bytes.Length)], store.List());
        using var reader = store.Open("a.segment");
        Assert.Equal(bytes.Length, reader.Length);
        Assert.True(bytes.AsSpan().SequenceEqual(store.Read("a.segment")));
        Parallel.For(0, 200, seed =>
        {
            var at = new Random(seed).Next(bytes.Length);
            var range = new byte[new Random(seed + 1).Next(Math.Min(5 << 20, bytes.Length - at))];
            reader.Read(at, range);
            Assert.True(range.AsSpan().SequenceEqual(bytes.AsSpan(at, range.Length)));
        });
    }

    [Fact]
    public void Read_BeyondTheEnd_IsAnIoExceptionThatNamesTheBlob()
    {
        using var store = _place.Snapshots.Open(Places.Pool);
        store.Write("a.manifest", 1, 2, 3);
        using var reader = store.Open("a.manifest");

        var failure = Assert.Throws<EndOfStreamException>(() => reader.Read(2, new byte[2]));
        Assert.Contains("a.manifest", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_NotCommitted_NeverWas()
    {
        using var store = _place.Snapshots.Open(Places.Pool);
        using (var blob = store.Create("a.segment"))
        {
            blob.Append(new byte[6 << 20]);
            Assert.Empty(store.List());
        }

        Assert.Empty(store.List());
        Assert.ThrowsAny<IOException>(() => store.Open("a.segment"));
    }

    [Fact]
    public void Commit_NameThatIsThere_TakesItsPlace()
    {
        using var store = _place.Snapshots.Open(Places.Pool);
        store.Write("a.manifest", 1, 2, 3);
        store.Write("a.manifest", 4);

        Assert.Equal([new StoredBlob("a.manifest", 1)], store.List());
        Assert.Equal([4], store.Read("a.manifest"));
    }

    [Fact]
    public void Commit_NothingAppended_IsAnEmptyBlob()
    {
        using var store = _place.Snapshots.Open(Places.Pool);
        store.Write("empty");
        Assert.Empty(store.Read("empty"));
    }

    [Fact]
    public void Open_NameThatIsNotThere_IsAnIoExceptionThatNamesIt()
    {
        using var store = _place.Snapshots.Open(Places.Pool);
        Assert.Contains("a.segment", Assert.ThrowsAny<IOException>(() => store.Open("a.segment")).Message, StringComparison.Ordinal);
        Assert.Contains("a.segment", Assert.ThrowsAny<IOException>(() => store.SetAside("a.segment")).Message, StringComparison.Ordinal);
        store.Delete("a.segment");
    }

    [Fact]
    public void SetAside_SameNameAgainAndAgain_IsNeverReadAgain()
    {
        using var store = _place.Snapshots.Open(Places.Pool);
        var names = new HashSet<string>();
        for (byte i = 0; i < 20; i++)
        {
            store.Write("a.manifest", i);
            Assert.True(names.Add(store.SetAside("a.manifest")));
            Assert.Empty(store.List());
        }

        store.Write("a.manifest", 100);
        Assert.Equal([100], store.Read("a.manifest"));
    }

    [Fact]
    public void Places_OfOddNames_HaveNothingInCommon()
    {
        SnapshotPlace[] places =
        [
            .. from parts in new string[][] { ["a", "b"], ["a"], ["a/b"], ["a", "b", "c"], ["a/b", "c"], ["a", "b/c"], [".."], ["."], [""], ["ü x"], ["%"], ["%2F"], ["pool", "10.0.0.1:8000#3"] }
               select SnapshotPlace.Of(parts),
        ];
        var stores = places.Select(_place.Snapshots.Open).ToArray();
        for (var i = 0; i < stores.Length; i++) stores[i].Write("a.manifest", (byte)i);

        for (var i = 0; i < stores.Length; i++)
        {
            Assert.Equal([new StoredBlob("a.manifest", 1)], stores[i].List());
            Assert.Equal([(byte)i], stores[i].Read("a.manifest"));
            Assert.StartsWith(_place.Name, stores[i].Place, StringComparison.Ordinal);
            stores[i].Dispose();
        }
    }

    [Fact]
    public void Open_PlaceThatAnotherHas_SaysWhoHasIt()
    {
        using var another = Places.Open(Address);
        var store = _place.Snapshots.Open(Places.Pool);

        foreach (var stores in new[] { another.Snapshots, _place.Snapshots })
        {
            var failure = Assert.Throws<PlaceTakenException>(() => stores.Open(Places.Pool));
            Assert.Contains("default/qwen", failure.Message, StringComparison.Ordinal);
            Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", failure.Message, StringComparison.Ordinal);
        }

        using (another.Snapshots.Open(SnapshotPlace.Of("default", "other"))) store.Dispose();
        using var theirs = another.Snapshots.Open(Places.Pool);
        theirs.Write("a.manifest", 1);
    }

    [Fact]
    public void Open_AloneTwice_SecondIsRefusedUntilTheFirstIsGone()
    {
        var first = Places.Open(Address, Sharing.Alone);
        Assert.False(DataPlace.Open(Address, Sharing.Alone).Try(out _, out var fault));
        Assert.Contains($"{_place.Name} is another router's (process {Environment.ProcessId} on", fault!.What, StringComparison.Ordinal);

        first.Dispose();
        Places.Open(Address, Sharing.Alone).Dispose();
    }

    public async Task InitializeAsync()
    {
        Address = await NewPlaceAsync();
        _place = Places.Open(Address);
    }

    public virtual Task DisposeAsync()
    {
        _place.Dispose();
        return Task.CompletedTask;
    }
}
