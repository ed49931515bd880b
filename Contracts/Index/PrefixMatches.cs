namespace OrleansKvRouter.Contracts.Index;

/// <summary>
/// What a walk found: per holder the number of leading blocks it has. Written by one walk at a time and reused
/// from walk to walk, so that a walk allocates nothing once the arrays have grown to the number of holders.
/// </summary>
public sealed class PrefixMatches
{
    private int[] _blocks = [];
    private int[] _touched = [];
    private int _count;

    /// <summary>Forgets the previous walk.</summary>
    public void Reset()
    {
        foreach (var holder in _touched.AsSpan(0, _count)) _blocks[holder] = 0;
        _count = 0;
    }

    /// <summary>Leading blocks that the holder has; 0 for a holder the walk did not meet.</summary>
    public int BlocksOf(HolderId holder) => (uint)holder.Value < (uint)_blocks.Length ? _blocks[holder.Value] : 0;

    /// <summary>Sets a holder's count; <paramref name="blocks"/> is at least 1.</summary>
    public void Set(HolderId holder, int blocks)
    {
        if (holder.Value >= _blocks.Length) Array.Resize(ref _blocks, Math.Max(holder.Value + 1, Math.Max(16, _blocks.Length * 2)));
        ref var slot = ref _blocks[holder.Value];
        if (slot == 0)
        {
            if (_count == _touched.Length) Array.Resize(ref _touched, Math.Max(16, _touched.Length * 2));
            _touched[_count++] = holder.Value;
        }

        slot = blocks;
    }

    /// <summary>The holders that have at least the first block, in no particular order.</summary>
    public ReadOnlySpan<int> Holders => _touched.AsSpan(0, _count);
}
