using System.Diagnostics.CodeAnalysis;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>What became of the blocks of one mapped BlockStored, beside those that were stored.</summary>
internal struct MappedOutcome
{
    /// <summary>Blocks that are stored now, children that waited for them included.</summary>
    public long Stored;

    /// <summary>Of these, children that had waited.</summary>
    public long Stitched;

    /// <summary>Blocks that wait for their parent.</summary>
    public long Waiting;

    /// <summary>Blocks that waited and were given up to make room.</summary>
    public long GivenUp;

    /// <summary>Blocks announced by a hash that is not known, without tokens of their own.</summary>
    public long Unplaced;

    /// <summary>Blocks whose extra keys no key can be made of.</summary>
    public long ForeignExtras;

    /// <summary>Blocks beyond the bound of the map.</summary>
    public long OverBound;
}

/// <summary>
/// The blocks of an engine whose hashes are not the pool's keys. Keys are computed from the tokens, continuing from the parent
/// that the engine names; the map from its hashes resolves parents and removals. Exact for every block whose tokens and
/// ancestors were announced since the engine was first heard; what is not known is never claimed. One thread at a time.
/// </summary>
/// <param name="target">Where they go.</param>
/// <param name="function">What the keys are computed with.</param>
/// <param name="verifies">Whether a block counts only if the last of its keys is its hash.</param>
internal sealed class MappedBlocks(FeedTarget target, IKeyFunction function, bool verifies = false)
{
    /// <summary>Blocks of one engine in its map: 16 million tokens at 16 a block, at most 130 MB.</summary>
    public const int MaxBlocks = 1 << 20;

    /// <summary>Pool blocks in an engine's block.</summary>
    public const int MaxKeysPerBlock = 4096;

    /// <summary>Different block sizes in one engine's stream: its own, and those of its connectors.</summary>
    private const int MaxSizes = 4;

    private readonly List<EngineHashMap> _maps = [];
    private readonly PendingBlocks _pending = new();
    private readonly Stack<PendingStore> _ready = new();
    private ChainState _chain;
    private byte[] _extras = [];
    private BlockKey[] _run = [];
    private int _runLength;

    /// <summary>The function that the keys were computed with.</summary>
    public IKeyFunction Function => function;

    /// <summary>Engine blocks in the map.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var map in _maps) count += map.Count;
            return count;
        }
    }

    /// <summary>Bytes that the maps occupy.</summary>
    public long Bytes => _maps.Sum(map => map.Bytes);

    /// <summary>Blocks that wait for their parent.</summary>
    public int Waiting => _pending.Blocks;

    /// <summary>Stores what the event announces in a tier, and the children that waited for it.</summary>
    public void Store(in BlockStored stored, Tier tier, ReadOnlySpan<byte> payload, ref MappedOutcome outcome)
    {
        // A connector leaves out salts and images; what the GPU has announced under the same hash had them.
        if (!stored.TokensMatchHashes || (tier != Tier.Gpu && payload[stored.ExtraKeys].IsEmpty && AreKnown(stored.Hashes)))
        {
            StoreKnown(stored.Hashes, tier, ref outcome);
            return;
        }

        if (!TryStore(stored, tier, payload, [], ref outcome))
        {
            outcome.GivenUp += _pending.Keep(new PendingStore(stored, tier, payload));
            outcome.Waiting += stored.Hashes.Length;
            return;
        }

        CollectChildrenOf(stored.Hashes);
        while (_ready.TryPop(out var child))
        {
            var before = outcome.Stored;

            // Its parent can be missing after all: the bound was met, or it was gone before it was known.
            if (!TryStore(child.Event, child.Tier, child.Payload, child.Gone, ref outcome)) outcome.GivenUp += child.Hashes.Length;
            outcome.Stitched += outcome.Stored - before;
            CollectChildrenOf(child.Hashes);
        }
    }

    /// <summary>Takes a copy of each block away; returns how many the tier had, waiting ones included.</summary>
    public int Remove(ReadOnlySpan<EngineBlockHash> hashes, Tier tier)
    {
        var had = 0;
        foreach (var hash in hashes)
        {
            if (Find(hash, out var map, out var slot) && map.HasCopy(slot, tier))
            {
                had++;
                if (!map.TakeCopy(slot, tier)) continue;
                target.Index.Remove(target.HolderFor(tier), map.Keys(slot));
                if (map.Release(slot) && map.Count == 0) _maps.Remove(map);
            }
            else if (_pending.TryRemove(hash, tier))
            {
                had++;
            }
        }

        return had;
    }

    /// <summary>Forgets one tier's blocks; the index is the caller's to clear.</summary>
    public void Clear(Tier tier)
    {
        foreach (var map in _maps) map.Clear(tier);
        _maps.RemoveAll(map => map.Count == 0);
        _pending.Clear(tier);
    }

    /// <summary>What the maps say; blocks that wait for their parent are left out.</summary>
    public IReadOnlyList<MapContent> Export() => [.. _maps.Select(map => map.Export())];

    /// <summary>Takes in what maps of the same function said.</summary>
    public void Import(IReadOnlyList<MapContent> maps)
    {
        foreach (var content in maps) MapOf(content.KeysPerBlock)?.Import(content);
    }

    /// <summary>Visits every (hash, tier, copies) of engine blocks that are one pool block.</summary>
    public void ForEach(Action<EngineBlockHash, Tier, int> visit)
    {
        foreach (var map in _maps)
        {
            if (map.KeysPerBlock == 1) map.ForEach(visit);
        }
    }

    /// <summary>False when the parent is not known.</summary>
    private bool TryStore(in BlockStored stored, Tier tier, ReadOnlySpan<byte> payload, ReadOnlySpan<bool> gone, ref MappedOutcome outcome)
    {
        BlockKey? runParent = null;
        _chain = function.Root;
        if (stored.Parent is { } parent)
        {
            if (!Find(parent, out var of, out var at)) return false;
            runParent = of.Keys(at)[^1];
            _chain = function.Resume(of.Keys(at)[^1], of.State(at));
        }

        var keysPerBlock = (int)stored.BlockSize / target.BlockSize;
        if (MapOf(keysPerBlock) is not { } map)
        {
            outcome.OverBound += stored.Hashes.Length;
            return true;
        }

        var holder = target.HolderFor(tier);
        var extras = new BlockExtrasReader(payload[stored.ExtraKeys], stored.LoraName, ref _extras);
        var room = keysPerBlock <= 64 ? stackalloc BlockKey[64] : new BlockKey[keysPerBlock];
        var keys = room[..keysPerBlock];
        for (var i = 0; i < stored.Hashes.Length; i++)
        {
            // 1. The keys: the block's own, whether the map has it or not, because the chain goes on from it.
            if (!extras.TryMoveNext() || !TryComputeKeys(stored, i, ref extras, keys) || (verifies && keys[^1].Value != stored.Hashes[i].Value))
            {
                outcome.ForeignExtras += stored.Hashes.Length - i;
                break;
            }

            // 2. The map. A block that went while it waited only carries the chain on.
            var isFirst = (gone.IsEmpty || !gone[i]) && TryCount(map, stored.Hashes[i], tier, keys, ref outcome);

            // 3. The index, in runs of neighbours.
            if (!isFirst) Flush(holder, runParent);
            if (isFirst) Append(keys);
            else runParent = keys[^1];
        }

        Flush(holder, runParent);
        return true;
    }

    /// <summary>Computes the keys of block <paramref name="i"/> and moves the chain's state on.</summary>
    private bool TryComputeKeys(in BlockStored stored, int i, ref BlockExtrasReader extras, scoped Span<BlockKey> keys)
    {
        // What an image's offset is in a part of the block, the event does not tell.
        if (keys.Length > 1 && !extras.CanBeSplit) return false;
        for (var part = 0; part < keys.Length; part++)
        {
            var tokens = stored.Tokens.Slice(((i * keys.Length) + part) * target.BlockSize, target.BlockSize);
            if (function.Next(ref _chain, tokens, part == 0 ? extras.Current : extras.Adapter) is not { } key) return false;
            keys[part] = key;
        }

        return true;
    }

    /// <summary>Counts a copy in the map; true when it is the tier's first.</summary>
    private bool TryCount(EngineHashMap map, EngineBlockHash hash, Tier tier, ReadOnlySpan<BlockKey> keys, ref MappedOutcome outcome)
    {
        var slot = map.Find(hash);
        if (slot < 0)
        {
            if (Count >= MaxBlocks)
            {
                outcome.OverBound++;
                return false;
            }

            slot = map.Add(hash);
            keys.CopyTo(map.Keys(slot));
            if (function.StateBytes > 0) _chain.Bytes.CopyTo(map.State(slot));
        }

        outcome.Stored++;
        return map.AddCopy(slot, tier);
    }

    /// <summary>Adds copies of blocks that are known by their hashes.</summary>
    private void StoreKnown(ReadOnlySpan<EngineBlockHash> hashes, Tier tier, ref MappedOutcome outcome)
    {
        foreach (var hash in hashes)
        {
            if (!Find(hash, out var map, out var slot))
            {
                outcome.Unplaced++;
                continue;
            }

            outcome.Stored++;
            if (map.AddCopy(slot, tier)) target.Index.Store(target.HolderFor(tier), null, map.Keys(slot));
        }
    }

    private bool AreKnown(ReadOnlySpan<EngineBlockHash> hashes)
    {
        foreach (var hash in hashes)
        {
            if (!Find(hash, out _, out _)) return false;
        }

        return true;
    }

    private void CollectChildrenOf(ReadOnlySpan<EngineBlockHash> parents)
    {
        if (_pending.IsEmpty) return;
        foreach (var parent in parents)
        {
            for (var child = _pending.TakeChildrenOf(parent); child is not null; child = child.Next) _ready.Push(child);
        }
    }

    private bool Find(EngineBlockHash hash, [NotNullWhen(true)] out EngineHashMap? map, out int slot)
    {
        foreach (var candidate in _maps)
        {
            if ((slot = candidate.Find(hash)) < 0) continue;
            map = candidate;
            return true;
        }

        (map, slot) = (null, -1);
        return false;
    }

    private EngineHashMap? MapOf(int keysPerBlock)
    {
        foreach (var map in _maps)
        {
            if (map.KeysPerBlock == keysPerBlock) return map;
        }

        if (_maps.Count == MaxSizes) return null;
        var added = new EngineHashMap(keysPerBlock, function.StateBytes);
        _maps.Add(added);
        return added;
    }

    private void Append(ReadOnlySpan<BlockKey> keys)
    {
        if (_runLength + keys.Length > _run.Length) Array.Resize(ref _run, Math.Max(_run.Length * 2, _runLength + keys.Length));
        keys.CopyTo(_run.AsSpan(_runLength));
        _runLength += keys.Length;
    }

    private void Flush(HolderId holder, BlockKey? parent)
    {
        if (_runLength == 0) return;
        target.Index.Store(holder, parent, _run.AsSpan(0, _runLength));
        _runLength = 0;
    }
}
