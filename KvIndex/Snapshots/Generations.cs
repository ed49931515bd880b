using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>
/// The generations in a store: the last two stay, with the segments that they refer to. A segment more than half of which
/// the newest generation of its series no longer refers to is worn: what it still does refer to is written again with the next one of
/// the series, and so are the smallest segments where there are too many. One thread at a time.
/// </summary>
internal sealed class Generations(ISnapshotStore store)
{
    private const int Kept = 2;
    private const int MaxSegments = 32;

    private readonly List<(long Generation, HashSet<long> Segments)> _kept = [];
    private readonly HashSet<long>[] _worn = [[], []];

    /// <summary>Bytes of all that is kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>A number above every one that the store has.</summary>
    public long Next() => 1 + store.List().Select(blob => BlobNames.GenerationOfManifest(blob.Name) ?? BlobNames.GenerationOfSegment(blob.Name) ?? 0).DefaultIfEmpty().Max();

    /// <summary>Whether a record of a series' last generation may be part of its next as it stands.</summary>
    public bool MayStay(in RecordPlace place, int series) => !_worn[series].Contains(place.Segment);

    /// <summary>Notes a generation that was read, so that it stays until two newer ones are there.</summary>
    public void Adopt(SnapshotManifest manifest) => _kept.Add((manifest.Generation, [.. manifest.Places.Select(place => place.Segment)]));

    /// <summary>Notes a generation that was written, and deletes what no kept one needs.</summary>
    public void Add(SnapshotManifest manifest, int series)
    {
        Adopt(manifest);
        if (_kept.Count > Kept) _kept.RemoveRange(0, _kept.Count - Kept);
        var needed = _kept.SelectMany(kept => kept.Segments).ToHashSet();
        var blobs = store.List();
        Bytes = 0;
        foreach (var blob in blobs)
        {
            var manifestOf = BlobNames.GenerationOfManifest(blob.Name);
            var segmentOf = BlobNames.GenerationOfSegment(blob.Name);
            if (manifestOf is null && segmentOf is null) continue;
            if (manifestOf is { } m ? _kept.Any(kept => kept.Generation == m) : needed.Contains(segmentOf!.Value)) Bytes += blob.Bytes;
            else store.Delete(blob.Name);
        }

        _worn[series] = Worn(manifest, blobs);
    }

    private static HashSet<long> Worn(SnapshotManifest manifest, IReadOnlyList<StoredBlob> blobs)
    {
        var bytes = new Dictionary<long, long>();
        foreach (var blob in blobs)
        {
            if (BlobNames.GenerationOfSegment(blob.Name) is { } segment) bytes[segment] = blob.Bytes;
        }

        var live = manifest.Places.GroupBy(place => place.Segment).ToDictionary(places => places.Key, places => places.Sum(place => (long)place.Length));
        HashSet<long> worn = [.. live.Where(segment => segment.Value * 2 < bytes[segment.Key]).Select(segment => segment.Key)];
        if (live.Count - worn.Count > MaxSegments) worn.UnionWith(live.OrderBy(segment => segment.Value).Take(live.Count / 2).Select(segment => segment.Key));
        return worn;
    }
}
