using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.Tests.Storage;

/// <summary>What tests do with places again and again.</summary>
internal static class Places
{
    public static readonly SnapshotPlace Pool = SnapshotPlace.Of("default", "qwen");

    public static DataPlace Open(string text, Sharing sharing = Sharing.Shared) =>
        DataPlace.Open(text, sharing).Try(out var place, out var fault) ? place : throw new InvalidOperationException(fault.ToString());

    public static void Write(this ISnapshotStore store, string name, params byte[] bytes)
    {
        using var blob = store.Create(name);
        blob.Append(bytes);
        blob.Commit();
    }

    public static byte[] Read(this ISnapshotStore store, string name)
    {
        using var blob = store.Open(name);
        var bytes = new byte[blob.Length];
        blob.Read(0, bytes);
        return bytes;
    }
}
