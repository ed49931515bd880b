using OrleansKvRouter.KvIndex.Snapshots;

namespace OrleansKvRouter.Tests.Storage.Stores;

public sealed class FolderStoresTests : StoresContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvrouter-stores-");

    [Fact]
    public void Open_Pool_IsTheFolderThatItAlwaysWas()
    {
        using var place = Places.Open(Address);
        using var store = place.Snapshots.Open(Places.Pool);
        Assert.Equal(Path.Combine(_folder.FullName, "pools", "default", "qwen"), store.Place);
    }

    [Fact]
    public void Open_PartsThatLeadElsewhere_StaysInTheFolder()
    {
        using var place = Places.Open(Address);
        foreach (var part in new[] { "..", ".", "a/b", "/etc", "ü x", "" })
        {
            using var store = place.Snapshots.Open(SnapshotPlace.Of(part, part));
            Assert.Equal(store.Place, Path.GetFullPath(store.Place));
            Assert.StartsWith(Path.Combine(_folder.FullName, "pools") + "/", store.Place, StringComparison.Ordinal);
        }
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    protected override Task<string> NewPlaceAsync() => Task.FromResult(_folder.FullName);
}
