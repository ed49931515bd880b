using System.Runtime.CompilerServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// Where every 32nd key of a stretch of a chain stands. All are looked up at once, so that their cache misses overlap; where a
/// run ends, the next anchor behind tells where the following run probably stands, counted back from it. Only a
/// guess: the keys are compared there as everywhere.
/// </summary>
internal ref struct Anchors
{
    private const int Distance = 32;
    private const int Count = 16;

    private Positions _positions;
    private int _start = -1;

    public Anchors()
    {
    }

    /// <summary>Asks the processor for the directory's lines.</summary>
    public static void Prefetch(BlockLog log, ReadOnlySpan<BlockKey> keys, int start)
    {
        var end = Math.Min(keys.Length - 1, start + (Distance * Count));
        for (var i = start + Distance; i <= end; i += Distance) log.PrefetchSlot(keys[i].Value);
    }

    /// <summary>Looks up the anchors after the key number <paramref name="start"/>, and asks the processor for their entries.</summary>
    public void Locate(BlockLog log, ReadOnlySpan<BlockKey> keys, int start)
    {
        _start = start;
        for (var k = 0; k < Count; k++)
        {
            var i = start + ((k + 1) * Distance);
            _positions[k] = i < keys.Length ? log.Locate(keys[i].Value) : BlockLog.Nowhere;
        }
    }

    /// <summary>Where the key number <paramref name="i"/> may stand; <see cref="BlockLog.Nowhere"/> when nothing tells.</summary>
    public readonly uint Guess(int i)
    {
        var k = (i - _start - 1) / Distance;
        if (_start < 0 || i <= _start || k >= Count) return BlockLog.Nowhere;
        var (position, back) = (_positions[k], (uint)(_start + ((k + 1) * Distance) - i));
        return position != BlockLog.Nowhere && position >= back ? position - back : BlockLog.Nowhere;
    }

    [InlineArray(Count)]
    private struct Positions
    {
        private uint _first;
    }
}
