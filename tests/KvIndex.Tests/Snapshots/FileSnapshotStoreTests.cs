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
}
