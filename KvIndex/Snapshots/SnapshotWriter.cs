using System.Buffers;
using OrleansKvRouter.KvIndex.Snapshots.Cutting;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>
/// Writes one pool's snapshots, generation after generation, in two series by turns. A generation is a segment with the records of
/// what changed since the one before it in its series, and then a manifest that refers to these and to older records of
/// the series. So the last two generations have no byte in common, and no damage to one file takes both. One thread at a time.
/// </summary>
public sealed class SnapshotWriter(ISnapshotStore store)
{
    private readonly Generations _generations = new(store);
    private Dictionary<int, KnownChunk>[] _known = [[], []];
    private InMemoryBlockIndex? _index;

    /// <summary>Bytes of the generations in the store, as of the last one written.</summary>
    public long Bytes => _generations.Bytes;

    /// <summary>The series whose turn it is: 0 or 1.</summary>
    public int Series { get; private set; }

    /// <summary>Notes the generation that the index was loaded from: it stays until two newer ones are there.</summary>
    public void Adopt(SnapshotManifest manifest) => _generations.Adopt(manifest);

    /// <summary>
    /// Takes a cut of the index. Costs the time of copying a few tables; the rest is done with what is returned, which is to be
    /// disposed of before the next one.
    /// </summary>
    public SnapshotSession Begin(InMemoryBlockIndex index)
    {
        if (!ReferenceEquals(index, _index)) _known = [[], []];
        _index = index;
        var known = new int[_known[Series].Keys.DefaultIfEmpty(-1).Max() + 1];
        foreach (var (chunk, at) in _known[Series])
        {
            if (MayStay(at.Place)) known[chunk] = at.Version;
        }

        return new SnapshotSession(this, index.Cut(known));
    }

    internal Segment NewSegment() => new(store, _generations.Next());

    internal bool MayStay(in RecordPlace place) => _generations.MayStay(place, Series);

    /// <summary>Writes every chunk that is not known, and returns where all are.</summary>
    internal Dictionary<int, KnownChunk> WriteChunks(IndexCut cut, Segment segment)
    {
        var chunks = new Dictionary<int, KnownChunk>();
        var record = new ChunkRecord(cut);
        var buffer = new ArrayBufferWriter<byte>();
        for (var i = 0; i < cut.Versions.Count; i++)
        {
            using var copy = cut.Take(i);
            if (copy is null)
            {
                if (_known[Series].TryGetValue(i, out var known)) chunks.Add(i, known);
                continue;
            }

            buffer.ResetWrittenCount();
            if (record.TryWrite(copy, buffer)) chunks.Add(i, new KnownChunk(cut.Versions[i], segment.Append(buffer.WrittenSpan), record.Blocks));
        }

        return chunks;
    }

    internal void Committed(SnapshotManifest manifest, Dictionary<int, KnownChunk> chunks)
    {
        _known[Series] = chunks;
        _generations.Add(manifest, Series);
        Series = 1 - Series;
    }

    /// <summary>Deletes a segment whose manifest was not written.</summary>
    internal void Discard(Segment segment)
    {
        if (segment.Bytes > 0) store.Delete(BlobNames.Segment(segment.Generation));
    }

    internal void WriteManifest(SnapshotManifest manifest)
    {
        using var blob = store.Create(BlobNames.Manifest(manifest.Generation));
        blob.Append(ManifestEnvelope.Write(manifest));
        blob.Commit();
    }
}

/// <summary>A chunk that the last generation has.</summary>
internal readonly record struct KnownChunk(int Version, RecordPlace Place, int Blocks);
