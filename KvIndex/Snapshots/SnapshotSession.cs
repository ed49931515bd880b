using OrleansKvRouter.KvIndex.Snapshots.Cutting;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>One generation on its way into the store. Disposed of without <see cref="Commit"/>, it never was.</summary>
public sealed class SnapshotSession : IDisposable
{
    private readonly SnapshotWriter _writer;
    private readonly IndexCut _cut;
    private Segment? _segment;

    internal SnapshotSession(SnapshotWriter writer, IndexCut cut) => (_writer, _cut) = (writer, cut);

    /// <summary>By the number of a holder in the block records, its number in the index at the cut; negative for nobody's.</summary>
    public IReadOnlyList<int> Owners => _cut.Owners;

    /// <summary>Whether a part of the index is to be written (again).</summary>
    public bool HasChanges => _cut.Wanted > 0;

    private Segment Segment => _segment ??= _writer.NewSegment();

    /// <summary>Whether records of the last generation may be part of this one as they stand.</summary>
    public bool MayStay(IEnumerable<RecordPlace> places) => places.All(place => _writer.MayStay(place));

    /// <summary>Writes a record beside those of the blocks.</summary>
    public RecordPlace Append(ReadOnlySpan<byte> record) => Segment.Append(record);

    /// <summary>Writes the blocks and then the manifest. A failure of the store is an <see cref="IOException"/>, and the generation never was.</summary>
    /// <param name="head">All that the manifest says beside the blocks.</param>
    public SnapshotFigures Commit(SnapshotManifest head)
    {
        var wanted = _cut.Wanted;
        var chunks = _writer.WriteChunks(_cut, Segment);
        var manifest = head with
        {
            Generation = Segment.Generation,
            Blocks = [.. chunks.Values.Select(chunk => chunk.Place)],
            BlockCount = chunks.Values.Sum(chunk => (long)chunk.Blocks),
        };
        Segment.Commit();
        try
        {
            _writer.WriteManifest(manifest);
        }
        catch (IOException)
        {
            // Without a manifest nobody needs the segment, and a full disk needs its room.
            _writer.Discard(Segment);
            throw;
        }

        _writer.Committed(manifest, chunks);
        return new SnapshotFigures(manifest.Generation, manifest.BlockCount, Segment.Bytes, wanted, chunks.Count);
    }

    public void Dispose()
    {
        _cut.Dispose();
        _segment?.Dispose();
    }
}

/// <summary>What writing a generation came to.</summary>
/// <param name="Generation">Its number.</param>
/// <param name="Blocks">Distinct blocks in it.</param>
/// <param name="Written">Bytes of its segment.</param>
/// <param name="Copied">Chunks of the index that had changed.</param>
/// <param name="Chunks">Chunks in it.</param>
public sealed record SnapshotFigures(long Generation, long Blocks, long Written, int Copied, int Chunks);
