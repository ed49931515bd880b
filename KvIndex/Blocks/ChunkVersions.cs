using System.Runtime.CompilerServices;
using OrleansKvRouter.KvIndex.Snapshots.Cutting;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// When each chunk was last changed, counted in cuts. Whoever changes a chunk says so before, which costs one comparison
/// until the next cut; the first time after a cut the chunk is copied for it where it has not been yet. The writer's own.
/// </summary>
internal sealed class ChunkVersions
{
    private int[] _versions = [];
    private int _now = 1;
    private IndexCut? _cut;

    /// <summary>To be called before an entry of the chunk, or the count of its copies, changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeforeChange(int chunk)
    {
        if (_versions[chunk] != _now) Note(chunk);
    }

    /// <summary>Makes room for so many chunks.</summary>
    public void Grow(int chunks) => Array.Resize(ref _versions, chunks);

    /// <summary>The versions of the first <paramref name="chunks"/> chunks; what changes from here on has a later one.</summary>
    public int[] Begin(int chunks)
    {
        _now++;
        return _versions.AsSpan(0, chunks).ToArray();
    }

    /// <summary>The cut that chunks are copied for from now on; null for none.</summary>
    public void CopyFor(IndexCut? cut) => _cut = cut;

    private void Note(int chunk)
    {
        _cut?.Save(chunk);
        _versions[chunk] = _now;
    }
}
