using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Tests.KvIndex.Index;

/// <summary>The index as one would write it without a thought for speed: a dictionary of counts for each holder.</summary>
internal sealed class NaiveIndex
{
    private readonly Dictionary<int, Dictionary<ulong, int>> _holders = [];

    public IEnumerable<HolderId> Holders => _holders.Keys.Select(h => new HolderId(h));

    public long Memberships => _holders.Values.Sum(blocks => (long)blocks.Count);

    public long Blocks => _holders.Values.SelectMany(blocks => blocks.Keys).Distinct().Count();

    public NaiveIndex Clone()
    {
        var clone = new NaiveIndex();
        foreach (var (holder, blocks) in _holders) clone._holders.Add(holder, new Dictionary<ulong, int>(blocks));
        return clone;
    }

    public void AddHolder(HolderId holder) => _holders.Add(holder.Value, []);

    public void RemoveHolder(HolderId holder) => _holders.Remove(holder.Value);

    public void Clear(HolderId holder) => _holders[holder.Value].Clear();

    public long BlocksHeld(HolderId holder) => _holders[holder.Value].Count;

    public int CopiesOf(HolderId holder, BlockKey key) => _holders[holder.Value].GetValueOrDefault(key.Value);

    public void Store(HolderId holder, ReadOnlySpan<BlockKey> keys)
    {
        foreach (var key in keys) _holders[holder.Value][key.Value] = _holders[holder.Value].GetValueOrDefault(key.Value) + 1;
    }

    public int Remove(HolderId holder, ReadOnlySpan<BlockKey> keys)
    {
        var had = 0;
        var blocks = _holders[holder.Value];
        foreach (var key in keys)
        {
            if (!blocks.TryGetValue(key.Value, out var count)) continue;
            had++;
            if (count == 1) blocks.Remove(key.Value);
            else blocks[key.Value] = count - 1;
        }

        return had;
    }

    /// <summary>Holder → leading blocks, without the holders that have none.</summary>
    public Dictionary<int, int> Walk(ReadOnlySpan<BlockKey> keys)
    {
        var matches = new Dictionary<int, int>();
        foreach (var (holder, blocks) in _holders)
        {
            var count = 0;
            while (count < keys.Length && blocks.ContainsKey(keys[count].Value)) count++;
            if (count > 0) matches[holder] = count;
        }

        return matches;
    }
}
