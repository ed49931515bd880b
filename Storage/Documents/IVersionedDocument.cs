namespace OrleansKvRouter.Storage.Documents;

/// <summary>
/// A few bytes that several processes change: whoever writes says which version it has seen, and writes only while that is still the last one. So
/// no change is lost. Any thread may use it. Every failure is an <see cref="IOException"/> that names the document; when a write fails, only
/// reading tells whether it took place.
/// </summary>
public interface IVersionedDocument
{
    /// <summary>The last version; version 0 without bytes where nothing was written yet.</summary>
    Task<VersionedBytes> ReadAsync(CancellationToken cancellation = default);

    /// <summary>Writes version <paramref name="expectedVersion"/> + 1; false, and nothing written, when there is another than the expected one.</summary>
    Task<bool> TryWriteAsync(ReadOnlyMemory<byte> bytes, long expectedVersion, CancellationToken cancellation = default);
}

/// <summary>A version of a document. Versions go up by one.</summary>
public readonly record struct VersionedBytes(ReadOnlyMemory<byte> Bytes, long Version);
