namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>
/// Where the snapshots of one place are kept: blobs with names, each there whole or not at all. Every failure of a store is an
/// <see cref="IOException"/> that names the blob. One thread at a time, but for readers of a blob. Disposed of, it gives its place back.
/// </summary>
public interface ISnapshotStore : IDisposable
{
    /// <summary>What it is to people: the folder, the table.</summary>
    string Place { get; }

    /// <summary>The names and lengths of all blobs, without those that were set aside.</summary>
    IReadOnlyList<StoredBlob> List();

    /// <summary>Starts a blob. It is there once it is committed, and then survives a loss of power.</summary>
    ISnapshotBlob Create(string name);

    /// <summary>Opens a blob for reading, by any number of threads.</summary>
    ISnapshotBlobReader Open(string name);

    void Delete(string name);

    /// <summary>Gives a blob another name, under which it is never read again; returns where it is now, for people.</summary>
    string SetAside(string name);
}

/// <summary>A blob in a store.</summary>
public readonly record struct StoredBlob(string Name, long Bytes);

/// <summary>A blob being written; disposed of without a commit, it never was.</summary>
public interface ISnapshotBlob : IDisposable
{
    void Append(ReadOnlySpan<byte> bytes);

    void Commit();
}

/// <summary>A blob being read.</summary>
public interface ISnapshotBlobReader : IDisposable
{
    long Length { get; }

    /// <summary>Fills <paramref name="bytes"/>; throws when the blob ends before.</summary>
    void Read(long offset, Span<byte> bytes);
}
