using System.Diagnostics;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>
/// The whole digests of the blocks that are in the cache, as byte-form events name them; the core knows blocks by 64 bits. Follows
/// the events in their order: a block's parent is in the cache when the block is stored. Not safe for two threads at once.
/// </summary>
internal sealed class BlockDigests(IKeyFunction keys, int blockSize)
{
    private readonly Dictionary<BlockKey, (ChainState Digest, int Copies)> _cached = [];

    /// <summary>Takes in blocks that were stored.</summary>
    public void Add(BlocksStored stored)
    {
        var chain = stored.Parent is { } parent ? _cached[parent].Digest : keys.Root;
        for (var i = 0; i < stored.Blocks.Length; i++)
        {
            var extras = new ExtraKeyList(new byte[RoomFor(stored.Identity)]);
            if (stored.Identity.LoraName is { } lora) extras.AddLora(lora);
            if (i == 0 && stored.Parent is null && stored.Identity.CacheSalt is { Length: > 0 } salt) extras.AddText(salt);
            var key = keys.Next(ref chain, stored.Tokens.AsSpan(i * blockSize, blockSize), extras);
            Debug.Assert(key == stored.Blocks[i], "the chain gives the key that the core gave");
            _cached[stored.Blocks[i]] = (chain, _cached.GetValueOrDefault(stored.Blocks[i]).Copies + 1);
        }
    }

    /// <summary>The digest of a cached block.</summary>
    public byte[] Of(BlockKey block) => _cached[block].Digest.Bytes.ToArray();

    /// <summary>One copy of a block is gone.</summary>
    public void Remove(BlockKey block)
    {
        var (digest, copies) = _cached[block];
        if (copies == 1) _cached.Remove(block);
        else _cached[block] = (digest, copies - 1);
    }

    public void Clear() => _cached.Clear();

    private static int RoomFor(RequestIdentity identity) =>
        (2 * ExtraKeyList.Overhead) + (4 * ((identity.LoraName?.Length ?? 0) + (identity.CacheSalt?.Length ?? 0)));
}
