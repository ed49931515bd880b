using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>A BlockStored that waits for its parent: a copy, since the batch it came in is gone by then.</summary>
internal sealed class PendingStore
{
    private readonly byte[] _extraKeys;
    private readonly EngineBlockHash[] _hashes;
    private readonly uint[] _tokens;
    private readonly uint _blockSize;
    private readonly string? _lora;

    public PendingStore(in BlockStored stored, Tier tier, ReadOnlySpan<byte> payload)
    {
        (Parent, Tier) = (stored.Parent!.Value, tier);
        (_hashes, _tokens, _extraKeys) = (stored.Hashes.ToArray(), stored.Tokens.ToArray(), payload[stored.ExtraKeys].ToArray());
        (_blockSize, _lora) = (stored.BlockSize, stored.LoraName);
        Gone = new bool[_hashes.Length];
    }

    public EngineBlockHash Parent { get; }

    public Tier Tier { get; }

    /// <summary>Blocks that were removed again while they waited.</summary>
    public bool[] Gone { get; }

    /// <summary>Its place in the order of age.</summary>
    public LinkedListNode<PendingStore>? Place { get; set; }

    /// <summary>Another one with the same parent.</summary>
    public PendingStore? Next { get; set; }

    public ReadOnlySpan<EngineBlockHash> Hashes => _hashes;

    public ReadOnlySpan<byte> Payload => _extraKeys;

    public long Bytes => 200 + (_hashes.Length * 9L) + (_tokens.Length * 4L) + _extraKeys.Length;

    public BlockStored Event => new()
    {
        Hashes = _hashes,
        Parent = Parent,
        Tokens = _tokens,
        BlockSize = _blockSize,
        Medium = null,
        LoraName = _lora,
        HasLoraId = false,
        ExtraKeys = Range.All,
        Group = 0,
        SpecKind = null,
    };
}

/// <summary>
/// Children of parents that are not known (yet): bounded in blocks and bytes, the oldest dropped first. One thread at a time.
/// </summary>
internal sealed class PendingBlocks
{
    public const int MaxBlocks = 4096;
    public const long MaxBytes = 4 << 20;

    private readonly LinkedList<PendingStore> _byAge = new();
    private readonly Dictionary<ulong, PendingStore> _byParent = [];
    private readonly Dictionary<ulong, int> _hashes = [];
    private long _bytes;

    /// <summary>Blocks that wait, those removed meanwhile included.</summary>
    public int Blocks { get; private set; }

    public bool IsEmpty => _byAge.Count == 0;

    /// <summary>Keeps an event; returns the blocks that had to be dropped to make room, its own where it alone is too large.</summary>
    public int Keep(PendingStore store)
    {
        store.Place = _byAge.AddLast(store);
        store.Next = _byParent.GetValueOrDefault(store.Parent.Value);
        _byParent[store.Parent.Value] = store;
        foreach (var hash in store.Hashes) _hashes[hash.Value] = _hashes.GetValueOrDefault(hash.Value) + 1;
        Blocks += store.Hashes.Length;
        _bytes += store.Bytes;

        var dropped = 0;
        while ((Blocks > MaxBlocks || _bytes > MaxBytes) && _byAge.First is { } oldest)
        {
            dropped += oldest.Value.Hashes.Length;
            Unlink(oldest.Value);
            Forget(oldest.Value);
        }

        return dropped;
    }

    /// <summary>Takes out all children of a parent, linked by <see cref="PendingStore.Next"/>; null when there are none.</summary>
    public PendingStore? TakeChildrenOf(EngineBlockHash parent)
    {
        if (!_byParent.Remove(parent.Value, out var first)) return null;
        for (var child = first; child is not null; child = child.Next) Forget(child);
        return first;
    }

    /// <summary>Notes that a waiting block is gone; false when none of that hash waits.</summary>
    public bool TryRemove(EngineBlockHash hash, Tier tier)
    {
        if (!_hashes.ContainsKey(hash.Value)) return false;
        foreach (var store in _byAge)
        {
            if (store.Tier != tier) continue;
            for (var i = 0; i < store.Hashes.Length; i++)
            {
                if (store.Hashes[i] != hash || store.Gone[i]) continue;
                store.Gone[i] = true;
                return true;
            }
        }

        return false;
    }

    /// <summary>Drops what waits in one tier, or everything; returns how many blocks that were.</summary>
    public int Clear(Tier? tier = null)
    {
        var before = Blocks;
        for (var node = _byAge.First; node is not null;)
        {
            var (store, next) = (node.Value, node.Next);
            if (tier is null || store.Tier == tier)
            {
                Unlink(store);
                Forget(store);
            }

            node = next;
        }

        return before - Blocks;
    }

    private void Unlink(PendingStore store)
    {
        var first = _byParent[store.Parent.Value];
        if (ReferenceEquals(first, store))
        {
            if (store.Next is { } next) _byParent[store.Parent.Value] = next;
            else _byParent.Remove(store.Parent.Value);
            return;
        }

        while (!ReferenceEquals(first.Next, store)) first = first.Next!;
        first.Next = store.Next;
    }

    private void Forget(PendingStore store)
    {
        _byAge.Remove(store.Place!);
        Blocks -= store.Hashes.Length;
        _bytes -= store.Bytes;
        foreach (var hash in store.Hashes)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_hashes, hash.Value) == 0) _hashes.Remove(hash.Value);
        }
    }
}
