using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>The plainest index there is: per holder a dictionary of copies. It says what the real one must agree with.</summary>
internal sealed class CountingIndex : IBlockIndex
{
    private readonly Lock _lock = new();
    private readonly List<Dictionary<BlockKey, int>> _holders = [];

    /// <summary>Called inside <see cref="Store"/>, to play an index that fails.</summary>
    public Action? OnStore { get; set; }

    public IndexStatistics Statistics => default;

    public HolderId AddHolder(HolderName name = default)
    {
        lock (_lock)
        {
            _holders.Add([]);
            return new HolderId(_holders.Count - 1);
        }
    }

    public void RemoveHolder(HolderId holder) => Clear(holder);

    public void Store(HolderId holder, BlockKey? parent, ReadOnlySpan<BlockKey> keys)
    {
        OnStore?.Invoke();
        lock (_lock)
        {
            var blocks = _holders[holder.Value];
            foreach (var key in keys) blocks[key] = blocks.GetValueOrDefault(key) + 1;
        }
    }

    public void Remove(HolderId holder, ReadOnlySpan<BlockKey> keys)
    {
        lock (_lock)
        {
            var blocks = _holders[holder.Value];
            foreach (var key in keys)
            {
                if (!blocks.TryGetValue(key, out var copies)) continue;
                if (copies == 1) blocks.Remove(key);
                else blocks[key] = copies - 1;
            }
        }
    }

    public void Clear(HolderId holder)
    {
        lock (_lock) _holders[holder.Value].Clear();
    }

    public void StartOver(ReadOnlySpan<HolderId> holders)
    {
        foreach (var holder in holders) Clear(holder);
    }

    public void Advance(HolderId holder, StreamPosition position)
    {
    }

    public ValueTask SettleAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

    public ValueTask WalkAsync(ReadOnlyMemory<BlockKey> keys, PrefixMatches matches, CancellationToken cancellation = default)
    {
        lock (_lock)
        {
            for (var holder = 0; holder < _holders.Count; holder++)
            {
                var held = 0;
                while (held < keys.Length && _holders[holder].ContainsKey(keys.Span[held])) held++;
                if (held > 0) matches.Set(new HolderId(holder), held);
            }
        }

        return ValueTask.CompletedTask;
    }

    public long BlocksDropped(HolderId holder) => 0;

    public long BlocksHeld(HolderId holder)
    {
        lock (_lock) return _holders[holder.Value].Count;
    }

    public ulong[] KeysOf(HolderId holder)
    {
        lock (_lock) return [.. _holders[holder.Value].Keys.Select(key => key.Value).Order()];
    }

    /// <summary>All of a holder's blocks with their copies, ordered by key.</summary>
    public (ulong Key, int Copies)[] BlocksOf(HolderId holder)
    {
        lock (_lock) return [.. _holders[holder.Value].Select(block => (block.Key.Value, block.Value)).Order()];
    }

    public int CopiesOf(HolderId holder, ulong key)
    {
        lock (_lock) return _holders[holder.Value].GetValueOrDefault(new BlockKey(key));
    }
}
