using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.EngineSim.Core;

/// <summary>
/// The engine's physical KV blocks. A block is in use (counted), or free; a free block that still carries a key stays
/// a hit until it is reused. One key may be on several blocks at once: vLLM does not merge equal blocks (spec 1.6).
/// Order of reuse as vLLM from v0.24 on: blocks without a key first, then the least recently freed.
/// Not safe for two threads at once.
/// </summary>
internal sealed class BlockPool
{
    private const int None = -1;

    private readonly FreeQueue _free;
    private readonly int[] _users;
    private readonly BlockKey?[] _keys;
    private readonly int[] _nextCopy;
    private readonly int[] _previousCopy;
    private readonly Dictionary<BlockKey, Copies> _cached = [];

    public BlockPool(int blocks)
    {
        Capacity = blocks;
        _free = new FreeQueue(blocks);
        _users = new int[blocks];
        _keys = new BlockKey?[blocks];
        _nextCopy = new int[blocks];
        _previousCopy = new int[blocks];
    }

    public int Capacity { get; }

    public int Free => _free.Count;

    public int Used => Capacity - _free.Count;

    /// <summary>Every cached block's key, as often as there are copies.</summary>
    public IEnumerable<BlockKey> CachedKeys => _keys.OfType<BlockKey>();

    /// <summary>The oldest copy of a cached block.</summary>
    public bool TryFind(BlockKey key, out int block)
    {
        var found = _cached.TryGetValue(key, out var copies);
        block = copies.First;
        return found;
    }

    public bool IsFree(int block) => _users[block] == 0;

    /// <summary>Adds a user to a cached block, which takes it out of the free queue if it was free.</summary>
    public void Share(int block)
    {
        if (_users[block]++ == 0) _free.Remove(block);
    }

    /// <summary>Hands out the free block that is to be reused first; what it cached is announced as removed.</summary>
    public int Take(List<CacheEvent> events)
    {
        var block = _free.TakeFirst();
        _users[block] = 1;
        if (_keys[block] is { } evicted)
        {
            Forget(block, evicted);
            events.Add(new BlockRemoved(evicted));
        }

        return block;
    }

    /// <summary>Makes a block in use findable under a key.</summary>
    public void Cache(int block, BlockKey key)
    {
        _keys[block] = key;
        ref var copies = ref CollectionsMarshal.GetValueRefOrAddDefault(_cached, key, out var exists);
        _nextCopy[block] = None;
        _previousCopy[block] = exists ? copies.Last : None;
        if (exists) _nextCopy[copies.Last] = block;
        copies = new Copies(exists ? copies.First : block, block);
    }

    /// <summary>Takes one user from each of a request's blocks, its tail first, so that its tail is reused first.</summary>
    public void Release(IReadOnlyList<int> blocks)
    {
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            var block = blocks[i];
            if (--_users[block] > 0) continue;
            if (_keys[block] is null) _free.AddFirst(block);
            else _free.AddLast(block);
        }
    }

    /// <summary>Forgets all keys; false, and nothing done, while a block is in use.</summary>
    public bool TryClear()
    {
        if (Used > 0) return false;
        _cached.Clear();
        Array.Clear(_keys);
        return true;
    }

    private void Forget(int block, BlockKey key)
    {
        _keys[block] = null;
        var (previous, next) = (_previousCopy[block], _nextCopy[block]);
        if (previous == None && next == None)
        {
            _cached.Remove(key);
            return;
        }

        ref var copies = ref CollectionsMarshal.GetValueRefOrNullRef(_cached, key);
        if (previous == None) copies = copies with { First = next };
        else _nextCopy[previous] = next;
        if (next == None) copies = copies with { Last = previous };
        else _previousCopy[next] = previous;
    }

    private readonly record struct Copies(int First, int Last);
}
