using System.IO.Hashing;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>The segment of a generation while it is written: records one behind the other. Made with the first of them.</summary>
internal sealed class Segment(ISnapshotStore store, long generation) : IDisposable
{
    private ISnapshotBlob? _blob;

    public long Generation => generation;

    public long Bytes { get; private set; }

    public RecordPlace Append(ReadOnlySpan<byte> record)
    {
        _blob ??= store.Create(BlobNames.Segment(generation));
        _blob.Append(record);
        var place = new RecordPlace(generation, Bytes, record.Length, XxHash3.HashToUInt64(record));
        Bytes += record.Length;
        return place;
    }

    public void Commit() => _blob?.Commit();

    public void Dispose() => _blob?.Dispose();
}
