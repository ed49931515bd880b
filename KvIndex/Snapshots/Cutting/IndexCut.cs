using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Snapshots.Cutting;

/// <summary>
/// The index as it was at one moment, while it goes on being written. Taking the cut costs a copy of three small tables. Then
/// one thread takes chunk after chunk, each behind the writer's lock for the time of a copy; a writer that is about to
/// change a chunk which has not been taken copies it first. So the cut is of one moment, and no walk notices anything.
/// Holds at most a copy of what was written to since the cut.
/// </summary>
internal sealed unsafe class IndexCut : IDisposable
{
    private readonly Lock _writing;
    private readonly BlockLog _log;
    private readonly CopyCounts _copies;
    private readonly bool[] _wanted;
    private readonly Dictionary<int, ChunkCopy> _saved = [];

    /// <summary>Takes the cut. To be called behind the writer's lock.</summary>
    /// <param name="writing">The writer's lock.</param>
    /// <param name="log">The entries.</param>
    /// <param name="sets">The holder sets that they refer to.</param>
    /// <param name="holders">Who stands behind the tags in those sets.</param>
    /// <param name="copies">Copies beyond the second.</param>
    /// <param name="known">By chunk number, versions that need not be taken again.</param>
    public IndexCut(Lock writing, BlockLog log, HolderSets sets, HolderRegistry holders, CopyCounts copies, ReadOnlySpan<int> known)
    {
        (_writing, _log, _copies) = (writing, log, copies);
        Versions = log.Versions.Begin(log.Chunks);
        Sets = sets.Capture();
        Owners = holders.CaptureOwners();
        CopyTags = holders.CaptureCopyTags();
        _wanted = new bool[Versions.Count];
        for (var i = 0; i < _wanted.Length; i++) _wanted[i] = i >= known.Length || known[i] != Versions[i];
        log.Versions.CopyFor(this);
    }

    /// <summary>By chunk number, when the chunk was last changed before the cut.</summary>
    public IReadOnlyList<int> Versions { get; }

    /// <summary>The holder sets by number.</summary>
    public CapturedSets Sets { get; }

    /// <summary>By tag, the number of the holder; negative where a tag has none any more.</summary>
    public IReadOnlyList<int> Owners { get; }

    /// <summary>By tag that stands for blocks which a holder has twice, the holder's tag; negative for other tags.</summary>
    public IReadOnlyList<int> CopyTags { get; }

    /// <summary>Chunks to be taken.</summary>
    public int Wanted => _wanted.Count(wanted => wanted);

    /// <summary>The chunk as it was at the cut; null where it was known already, or has been taken. Throws when the index is gone.</summary>
    public ChunkCopy? Take(int chunk)
    {
        lock (_writing)
        {
            if (_saved.Remove(chunk, out var saved)) return saved;
            ObjectDisposedException.ThrowIf(_log.IsGone, typeof(InMemoryBlockIndex));
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
            _log.Versions.CopyFor(null);
            foreach (var saved in _saved.Values) saved.Dispose();
            _saved.Clear();
        }
    }

    private ChunkCopy Copy(int chunk)
    {
        _wanted[chunk] = false;
        var (first, count) = _log.EntriesOf(chunk);
        var copy = new ChunkCopy(new ReadOnlySpan<ulong>(_log.Keys + first, count), new ReadOnlySpan<uint>(_log.Words + first, count));
        var tags = new List<int>();
        for (var i = 0; i < count; i++)
        {
            if ((copy.Words[i] & BlockWord.HasCopies) == 0) continue;
            tags.Clear();
            Sets.AddTagsTo(tags, BlockWord.SetOf(copy.Words[i]));
            foreach (var tag in tags)
            {
                if (_copies.Of(copy.Keys[i], tag) is > 0 and var more) copy.More.Add((i, tag), more);
            }
        }

        return copy;
    }
}
