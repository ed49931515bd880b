using System.Buffers;
using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Snapshots.Cutting;

/// <summary>
/// The index as it was at one moment, while it goes on being written. Taking the cut costs a copy of three small tables. Then
/// one thread takes chunk after chunk, each behind the writer's lock for the time of a copy; a writer that is about to
/// change a chunk which has not been taken copies it first. So the cut is of one moment, and no walk notices anything.
/// Holds at most a copy of what was written to since the cut.
/// </summary>
internal sealed class IndexCut : IDisposable
{
    private readonly Lock _writing;
    private readonly BlockTable _blocks;
    private readonly CopyCounts _copies;
    private readonly bool[] _wanted;
    private readonly Dictionary<int, ChunkCopy> _saved = [];

    /// <summary>Takes the cut. To be called behind the writer's lock.</summary>
    /// <param name="writing">The writer's lock.</param>
    /// <param name="blocks">The entries.</param>
    /// <param name="sets">The holder sets that they refer to.</param>
    /// <param name="holders">Who stands behind the tags in those sets.</param>
    /// <param name="copies">Copies beyond the first.</param>
    /// <param name="known">By chunk number, versions that need not be taken again.</param>
    public IndexCut(Lock writing, BlockTable blocks, HolderSets sets, HolderRegistry holders, CopyCounts copies, ReadOnlySpan<int> known)
    {
        (_writing, _blocks, _copies) = (writing, blocks, copies);
        Versions = blocks.Versions.Begin(blocks.Chunks);
        Sets = sets.Capture();
        Owners = holders.CaptureOwners();
        _wanted = new bool[Versions.Count];
        for (var i = 0; i < _wanted.Length; i++) _wanted[i] = i >= known.Length || known[i] != Versions[i];
        blocks.Versions.CopyFor(this);
    }

    /// <summary>By chunk number, when the chunk was last changed before the cut.</summary>
    public IReadOnlyList<int> Versions { get; }

    /// <summary>The holder sets by number.</summary>
    public IReadOnlyList<HolderSet?> Sets { get; }

    /// <summary>By tag, the number of the holder; negative where a tag has none any more.</summary>
    public IReadOnlyList<int> Owners { get; }

    /// <summary>Chunks to be taken.</summary>
    public int Wanted => _wanted.Count(wanted => wanted);

    /// <summary>The chunk as it was at the cut; null where it was known already, or has been taken.</summary>
    public ChunkCopy? Take(int chunk)
    {
        lock (_writing)
        {
            if (_saved.Remove(chunk, out var saved)) return saved;
            return _wanted[chunk] ? Copy(chunk) : null;
        }
    }

    /// <summary>For the writer, before the chunk changes for the first time since the cut.</summary>
    public void Save(int chunk)
    {
        if (chunk < _wanted.Length && _wanted[chunk]) _saved.Add(chunk, Copy(chunk));
    }

    /// <summary>Nothing is copied from here on.</summary>
    public void Dispose()
    {
        lock (_writing)
        {
            _blocks.Versions.CopyFor(null);
            foreach (var saved in _saved.Values) saved.Dispose();
            _saved.Clear();
        }
    }

    private ChunkCopy Copy(int chunk)
    {
        _wanted[chunk] = false;
        var entries = _blocks.EntriesOf(chunk, out _);
        var copy = ArrayPool<BlockEntry>.Shared.Rent(entries.Length);
        entries.CopyTo(copy);

        List<MoreCopies>? more = null;
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].HasCopies == 0 || entries[i].Set <= HolderSets.Empty) continue;
            var set = Sets[entries[i].Set]!;
            for (var word = set.First; word < set.End; word++)
            {
                for (var tags = set.WordAt(word); tags != 0; tags &= tags - 1)
                {
                    var tag = HolderSet.LowestTag(word, tags);
                    if (_copies.Of(entries[i].Key, tag) is > 0 and var count) (more ??= []).Add(new MoreCopies(i, tag, count));
                }
            }
        }

        return new ChunkCopy(copy, entries.Length, more is null ? [] : [.. more]);
    }
}
