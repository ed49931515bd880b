namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>Where a node, or the nodes of a cluster, keep all their snapshots. Any thread may open a place.</summary>
public interface ISnapshotStores : IDisposable
{
    /// <summary>What it is to people: the folder, the database. Without a password.</summary>
    string Name { get; }

    /// <summary>
    /// The store of one place, which is nobody else's until the store is disposed of or the process ends, however it ends. A place that
    /// another has is a <see cref="PlaceTakenException"/>, every other failure an <see cref="IOException"/>.
    /// </summary>
    ISnapshotStore Open(SnapshotPlace place);
}
