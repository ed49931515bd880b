namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>
/// How often a holder has a block beyond the second time, of which a tag in the block's set tells. Rare (engines compute the last
/// block of a fully cached prompt again), so kept apart from the entries. The writer's own.
/// </summary>
internal sealed class CopyCounts
{
    private const int BytesPerCount = 40;

    private readonly Dictionary<Copy, int> _extra = [];

    public long Bytes => _extra.Count * BytesPerCount;

    public void Add(ulong key, int tag)
    {
        ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_extra, new Copy(key, tag), out _);
        count++;
    }

    /// <summary>Takes one copy away; false when the holder has the block no more than twice.</summary>
    public bool TryTake(ulong key, int tag)
    {
        var copy = new Copy(key, tag);
        if (!_extra.TryGetValue(copy, out var count)) return false;
        if (count == 1) _extra.Remove(copy);
        else _extra[copy] = count - 1;
        return true;
    }

    /// <summary>How often the holder has the block beyond the second time.</summary>
    public int Of(ulong key, int tag) => _extra.GetValueOrDefault(new Copy(key, tag));

    /// <summary>Forgets what a retired tag had of a block.</summary>
    public void Forget(ulong key, int tag) => _extra.Remove(new Copy(key, tag));

    private readonly record struct Copy(ulong Key, int Tag)
    {
        public override int GetHashCode() => (int)((Key * 0x9E3779B97F4A7C15 >> 32) + ((uint)Tag * 0x85EBCA6B));
    }
}
