using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Files;

namespace OrleansKvRouter.Tests.KvIndex.Snapshots;

public sealed class FileSnapshotStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvrouter-snapshots-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Snapshots_InFiles_LoadAsWritten()
    {
        var history = new Snapshotted(new FileSnapshotStore(_folder.FullName), seed: 21, chains: 20, length: 50, maxHolders: 5);
        for (var generation = 0; generation < 5; generation++)
        {
            history.Change(100);
            history.Snapshot();
        }

        Snapshotted.Load(new FileSnapshotStore(_folder.FullName))!.AssertEquals(history.Naive.Clone(), history.Chains, "from files");
    }

    [Fact]
    public void Create_NotCommitted_NeverWas()
    {
        var store = new FileSnapshotStore(_folder.FullName);
        using (var blob = store.Create("a.segment")) blob.Append([1, 2, 3]);

        Assert.Empty(store.List());
        Assert.Empty(_folder.EnumerateFiles());
    }

    [Fact]
    public void Store_OfACrashedProcess_ForgetsWhatWasUnfinished()
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "000000000001.segment.tmp"), [1]);

        Assert.Empty(new FileSnapshotStore(_folder.FullName).List());
        Assert.Empty(_folder.EnumerateFiles());
    }

    [Fact]
    public void SetAside_File_IsKeptUnderAnotherName()
    {
        var store = new FileSnapshotStore(_folder.FullName);
        for (var i = 1; i <= 2; i++)
        {
            using (var blob = store.Create("a.manifest")) blob.Commit();
            Assert.EndsWith($"a.manifest.set-aside-{i}", store.SetAside("a.manifest"), StringComparison.Ordinal);
        }

        Assert.Empty(store.List());
        Assert.Equal(2, _folder.GetFiles().Length);
    }

    [Fact]
    public void Open_FolderOfAnotherRouter_FaultNamesIt()
    {
        using var first = DataFolder.Open(_folder.FullName).Value!;

        Assert.False(DataFolder.Open(_folder.FullName).Try(out _, out var fault));
        Assert.Contains(_folder.FullName, fault!.What, StringComparison.Ordinal);
        Assert.Contains("another router", fault.What, StringComparison.Ordinal);

        first.Dispose();
        Assert.True(DataFolder.Open(_folder.FullName).Try(out var again, out _));
        again!.Dispose();
    }

    [Fact]
    public void StoreOf_OddNames_StayInTheFolder()
    {
        using var data = DataFolder.Open(_folder.FullName).Value!;

        foreach (var name in new[] { "..", ".", "a/b", "ü x", "plain" })
        {
            Assert.StartsWith(Path.Combine(_folder.FullName, "pools") + "/", data.StoreOf(name, name).Place, StringComparison.Ordinal);
        }

        Assert.EndsWith("pools/default/plain", data.StoreOf("default", "plain").Place, StringComparison.Ordinal);
    }
}
