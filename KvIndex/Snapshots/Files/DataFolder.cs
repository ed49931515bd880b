using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.KvIndex.Snapshots.Files;

/// <summary>
/// The folder that a node keeps its data in, held by one node at a time: the lock ends with the process, however that ends.
/// A pool has a folder in it, <c>pools/NAMESPACE/NAME</c>.
/// </summary>
public sealed class DataFolder : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held) => (_path, _lock) = (path, held);

    /// <summary>Makes the folder where there is none, and locks it.</summary>
    public static Expected<DataFolder> Open(string path)
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

        var file = Path.Combine(full, "lock");
        try
        {
            return new DataFolder(full, new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            return new Fault($"{file} cannot be written: {e.Message}", "give a folder that the router may write to");
        }
        catch (IOException e)
        {
            return new Fault($"{full} is another router's: {e.Message}", "give each router a folder of its own, or end the other one");
        }
    }

    /// <summary>The store of one pool.</summary>
    public ISnapshotStore StoreOf(string poolNamespace, string pool) =>
        new FileSnapshotStore(Path.Combine(_path, "pools", Escape(poolNamespace), Escape(pool)));

    public void Dispose() => _lock.Dispose();

    // Names of Kubernetes objects pass unchanged; those from files may be anything.
    private static string Escape(string name) => Uri.EscapeDataString(name) is var escaped && escaped.Trim('.').Length == 0 ? "%" + escaped : escaped;
}
