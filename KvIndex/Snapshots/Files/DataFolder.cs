using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.KvIndex.Snapshots.Files;

/// <summary>
/// The folder that nodes keep their data in. Each place has a folder in it, <c>pools/NAMESPACE/NAME</c> for a pool, with a lock of its
/// own; who has the whole folder alone holds its <c>lock</c> as well. Locks end with the process, however that ends.
/// </summary>
public sealed class DataFolder : ISnapshotStores
{
    private readonly string _path;
    private readonly FileStream? _lock;

    private DataFolder(string path, FileStream? held) => (_path, _lock) = (path, held);

    public string Name => _path;

    /// <summary>Makes the folder where there is none, and locks it where it is to be one node's alone.</summary>
    public static Expected<DataFolder> Open(string path, Sharing sharing = Sharing.Alone)
    {
        var full = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Fault($"{full} cannot be made: {e.Message}", "give a folder that the router may write to");
        }

        if (sharing == Sharing.Shared) return new DataFolder(full, null);
        var file = Path.Combine(full, "lock");
        try
        {
            return LockFile.TryTake(file, out var held, out var holder)
                ? new DataFolder(full, held)
                : new Fault($"{full} is another router's{Of(holder)}", "give each router a folder of its own, or end the other one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Fault($"{file} cannot be written: {e.Message}", "give a folder that the router may write to");
        }
    }

    public ISnapshotStore Open(SnapshotPlace place)
    {
        var folder = Path.Combine(_path, "pools", place.Text);
        try
        {
            Directory.CreateDirectory(folder);
            if (!LockFile.TryTake(Path.Combine(folder, LockFile.Name), out var held, out var holder)) throw new PlaceTakenException($"{folder} is another router's{Of(holder)}");
            try
            {
                return new FileSnapshotStore(folder, held);
            }
            catch (IOException)
            {
                held.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{folder}: {e.Message}", e);
        }
    }

    public void Dispose() => _lock?.Dispose();

    private static string Of(string holder) => holder.Length == 0 ? "" : $" ({holder})";
}
