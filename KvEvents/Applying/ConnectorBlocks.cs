using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>
/// Blocks that a connector of an exact engine keeps in a tier beside the GPU (spec 2.7). Of the engine's own hashes and the pool's
/// block size they are stored as they are. A connector that cuts larger blocks is converted where its events have
/// tokens, and believed only where the key that its tokens come to is the hash that it announces: connectors leave out salts and images.
/// One with hashes of its own (LMCache) is mapped by its tokens. What fits none of these is counted, named and never claimed.
/// One thread at a time.
/// </summary>
internal sealed class ConnectorBlocks(FeedTarget target, FeedServices services)
{
    private readonly Naming[] _namings = new Naming[Tiers.Count];
    private readonly PrefixMatches _onGpu = new();
    private MappedBlocks? _larger;
    private MappedBlocks? _foreign;
    private byte[] _extras = [];
    private LogGate _gate;

    /// <summary>How a tier's blocks are named.</summary>
    private enum Naming
    {
        /// <summary>No root block was announced there yet.</summary>
        Unknown,

        /// <summary>By the engine's hashes.</summary>
        Engine,

        /// <summary>By hashes of the connector's own.</summary>
        Foreign,
    }

    /// <summary>What is remembered of hashes, by what for.</summary>
    public IReadOnlyList<(MapRole Role, MappedBlocks Blocks)> Maps =>
        [.. new[] { (MapRole.Larger, _larger), (MapRole.Foreign, _foreign) }.Where(map => map.Item2 is not null).Select(map => (map.Item1, map.Item2!))];

    public bool HasMaps => _larger is not null || _foreign is not null;

    /// <summary>How the tiers name their blocks.</summary>
    public IReadOnlyList<string> Namings => [.. _namings.Select(naming => naming.ToString())];

    /// <summary>Goes on from what another process remembered.</summary>
    public void Resume(HashMemory memory)
    {
        for (var tier = 0; tier < Math.Min(_namings.Length, memory.Namings.Count); tier++)
        {
            _namings[tier] = Enum.TryParse<Naming>(memory.Namings[tier], out var naming) ? naming : Naming.Unknown;
        }

        // Who names its blocks itself has a map, if only an empty one.
        if (_namings.Contains(Naming.Foreign)) _foreign = new MappedBlocks(target, target.Scheme.Function);
        if (memory.MapOf(MapRole.Foreign) is { } foreign) (_foreign ??= new MappedBlocks(target, target.Scheme.Function)).Import(foreign);
        if (memory.MapOf(MapRole.Larger) is { } larger) (_larger = new MappedBlocks(target, target.Scheme.Function, verifies: true)).Import(larger);
    }

    /// <summary>Returns how many blocks were stored. The event's block size is the pool's, a multiple, or 0 where it has no tokens.</summary>
    public long Store(in BlockStored stored, Tier tier, ReadOnlySpan<byte> payload)
    {
        var isOfPool = stored.BlockSize == target.BlockSize || stored.BlockSize == 0;
        if (!stored.TokensMatchHashes)
        {
            if (_namings[(int)tier] == Naming.Foreign) return Map(_foreign!, stored, tier, payload);
            return isOfPool ? StoreAsKeys(stored, tier) : Refuse(stored, tier, "block_size", "their size is not the pool's and their tokens are not told");
        }

        if (target.Scheme.Source == SchemeSource.Assumed)
        {
            return isOfPool ? StoreAsKeys(stored, tier) : Refuse(stored, tier, "chain", "the engines' key scheme is not proven yet");
        }

        if (stored.Parent is null && !Judge(stored, tier, payload))
        {
            // The GPU has announced it: a salt or an image that the connector does not tell of.
            return isOfPool ? StoreAsKeys(stored, tier) : Refuse(stored, tier, "extra_keys", "their hashes contain keys that the connector does not tell");
        }

        return _namings[(int)tier] switch
        {
            Naming.Foreign => Map(_foreign ??= new MappedBlocks(target, target.Scheme.Function), stored, tier, payload),
            _ when isOfPool => StoreAsKeys(stored, tier),
            Naming.Engine => Map(_larger ??= new MappedBlocks(target, target.Scheme.Function, verifies: true), stored, tier, payload),
            _ => Refuse(stored, tier, "chain", "no first block of a prompt was announced there yet, which would tell whose hashes they are"),
        };
    }

    /// <summary>Takes a copy of each block away.</summary>
    public void Remove(ReadOnlySpan<EngineBlockHash> hashes, Tier tier)
    {
        if (target.HolderOf(tier) is not { } holder) return;
        if (_larger is null && _foreign is null)
        {
            target.Index.Remove(holder, MemoryMarshal.Cast<EngineBlockHash, BlockKey>(hashes));
            return;
        }

        foreach (ref readonly var hash in hashes)
        {
            var one = new ReadOnlySpan<EngineBlockHash>(in hash);
            if (_larger?.Remove(one, tier) > 0 || _foreign?.Remove(one, tier) > 0) continue;
            target.Index.Remove(holder, MemoryMarshal.Cast<EngineBlockHash, BlockKey>(one));
        }
    }

    /// <summary>
    /// Learns from a root block how its tier names blocks; false where its hash is neither the tokens' nor foreign, because the engine's GPU
    /// has announced the same.
    /// </summary>
    private bool Judge(in BlockStored stored, Tier tier, ReadOnlySpan<byte> payload)
    {
        if (KeyOfFirst(stored, payload) is { } key && key.Value == stored.Hashes[0].Value)
        {
            _namings[(int)tier] = Naming.Engine;
            return true;
        }

        if (_namings[(int)tier] == Naming.Engine || IsOnGpu(stored.Hashes[0])) return false;
        _namings[(int)tier] = Naming.Foreign;
        return true;
    }

    private BlockKey? KeyOfFirst(in BlockStored stored, ReadOnlySpan<byte> payload)
    {
        var function = target.Scheme.Function;
        var chain = function.Root;
        var extras = new BlockExtrasReader(payload[stored.ExtraKeys], stored.LoraName, ref _extras);
        if (!extras.TryMoveNext()) return null;
        BlockKey? key = null;
        for (var start = 0; start < stored.BlockSize; start += target.BlockSize)
        {
            key = function.Next(ref chain, stored.Tokens.Slice(start, target.BlockSize), start == 0 ? extras.Current : extras.Adapter);
            if (key is null) return null;
        }

        return key;
    }

    /// <summary>Where that cannot be told at once (the index is spread over machines) it is taken to be: the event is then not used.</summary>
    private bool IsOnGpu(EngineBlockHash hash)
    {
        var walk = target.Index.WalkAsync(new[] { new BlockKey(hash.Value) }, _onGpu);
        return !walk.IsCompletedSuccessfully || _onGpu.BlocksOf(target.Holder) > 0;
    }

    private long StoreAsKeys(in BlockStored stored, Tier tier)
    {
        target.Index.Store(
            target.HolderFor(tier), stored.Parent is { } parent ? new BlockKey(parent.Value) : null, MemoryMarshal.Cast<EngineBlockHash, BlockKey>(stored.Hashes));
        return stored.Hashes.Length;
    }

    private long Map(MappedBlocks blocks, in BlockStored stored, Tier tier, ReadOnlySpan<byte> payload)
    {
        var outcome = default(MappedOutcome);
        blocks.Store(stored, tier, payload, ref outcome);
        services.Instruments.Mapped(outcome);
        return outcome.Stored;
    }

    private long Refuse(in BlockStored stored, Tier tier, string reason, string why)
    {
        services.Instruments.Ignored(reason);
        if (_gate.TryPass(services.Time, out var heldBack))
        {
            Log.ConnectorRefused(services.Logger, target.Endpoint, stored.Hashes.Length, stored.BlockSize, tier, why, heldBack);
        }

        return 0;
    }
}
