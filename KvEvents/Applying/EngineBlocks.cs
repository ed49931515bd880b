using System.Globalization;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>
/// One engine's blocks on their way into the index, tier by tier. While its hashes are taken for the pool's keys they are
/// stored as they are: exact, nothing to remember. Once one is seen to differ, and always in a pool whose keys are the
/// router's own, they are mapped (<see cref="MappedBlocks"/>). One thread at a time.
/// </summary>
internal sealed class EngineBlocks(FeedTarget target, FeedServices services)
{
    private readonly HashVerifier _verifier = new(target.Scheme);
    private MappedBlocks? _mapped;
    private ConnectorBlocks _connectors = new(target, services);
    private int _forgotten;
    private uint? _group;
    private uint _foreignBlockSize;
    private LogGate _blockSizeGate;
    private HashMemory? _cut;

    /// <summary>What the engine's own events say of its trust.</summary>
    public EngineTrust Verdict { get; private set; } = target.Status.Trust;

    /// <summary>Whether hashes are keys in all that is known of the engine, and nothing has to be remembered of them.</summary>
    public bool HasNoMaps => IsUpToDate && _mapped is null && !_connectors.HasMaps && !target.HoldsBesidesGpu;

    /// <summary>The KV-cache group that stands for all; null where it is not known.</summary>
    public uint? Group => _group;

    /// <summary>
    /// What is remembered of hashes at this moment, to be copied before it changes. Null while what was stored is not what the
    /// pool's keys say: the next event will put that right.
    /// </summary>
    public HashMemory? Cut()
    {
        if (!IsUpToDate) return null;
        return _cut = _mapped is not null ? new HashMemory([(MapRole.Engine, _mapped)], []) : new HashMemory(_connectors.Maps, _connectors.Namings);
    }

    /// <summary>Goes on from what another process knew of the engine; the index has its blocks.</summary>
    public void Resume(EngineState state)
    {
        (Verdict, _group) = (state.Verdict, state.Group);

        if (state.Hashes.IsEmpty || ReferenceEquals(state.Function, target.Scheme.Function))
        {
            if (state.Hashes.MapOf(MapRole.Engine) is { } maps)
            {
                StartMap(target.Scheme.Function);
                _mapped!.Import(maps);
            }

            _connectors.Resume(state.Hashes);
        }
        else
        {
            // Maps to keys of another function are worth nothing, and so is what was stored by them.
            target.Forget();
        }

        _forgotten = target.Forgotten;
    }

    /// <summary>To be called before a batch is applied.</summary>
    public void BeforeChange()
    {
        _cut?.Take();
        _cut = null;
    }

    /// <summary>Returns how many blocks were stored, children that had waited for them included.</summary>
    public long Store(in BlockStored stored, ReadOnlySpan<byte> payload)
    {
        // 1. What nobody can reuse, or vouch for, is left.
        if (Tiers.Of(stored.Medium) is not { } tier) return Ignore("medium");
        if (!IsFullAttention(stored.SpecKind) || !IsGroup(stored.Group, learn: tier == Tier.Gpu || stored.SpecKind is not null)) return Ignore("group");
        if (!FitsPool(stored, tier)) return 0;
        if (stored.Hashes.IsEmpty) return 0;
        if (tier == Tier.Gpu && target.Status.ExtraKeys is null && ExtraKeysReader.EraOf(payload[stored.ExtraKeys], stored.LoraName is not null) is { } era)
        {
            target.Status.NoteExtraKeys(era);
        }

        // 2. Are its hashes keys?
        FollowScheme();
        if (tier == Tier.Gpu) Judge(stored, payload);

        // 3. Into the index.
        if (_mapped is not null) return StoreMapped(stored, tier, payload);
        if (tier != Tier.Gpu) return _connectors.Store(stored, tier, payload);
        if (stored.BlockSize != target.BlockSize && !stored.Tokens.IsEmpty) return Ignore("block_size");
        target.Index.Store(target.HolderFor(tier), stored.Parent is { } parent ? new BlockKey(parent.Value) : null, Keys(stored.Hashes));
        return stored.Hashes.Length;
    }

    /// <summary>Returns how many blocks the event names.</summary>
    public long Remove(in BlockRemoved removed)
    {
        if (Tiers.Of(removed.Medium) is not { } tier) return Ignore("medium");
        if (!IsGroup(removed.Group, learn: false)) return Ignore("group");
        FollowScheme();
        if (_mapped is not null) _mapped.Remove(removed.Hashes, tier);
        else if (tier != Tier.Gpu) _connectors.Remove(removed.Hashes, tier);
        else target.Index.Remove(target.Holder, Keys(removed.Hashes));
        return removed.Hashes.Length;
    }

    /// <summary>AllBlocksCleared: it empties the GPU; connectors' tiers live on (spec 2.6).</summary>
    public void ClearGpu()
    {
        FollowScheme();
        target.Forget(Tier.Gpu);
        _mapped?.Clear(Tier.Gpu);
    }

    /// <summary>The engine is another process now: besides its blocks, what was learnt of its hashes is void.</summary>
    public void Restart()
    {
        BeforeChange();
        target.Forget();
        (_mapped, _connectors, _forgotten) = (null, new ConnectorBlocks(target, services), target.Forgotten);
        _verifier.Restart();
        (_group, _foreignBlockSize) = (null, 0);
        target.Status.NoteExtraKeys(null);
        Verdict = EngineTrust.Unverified("the engine was restarted and no first block of a prompt has been seen since");
    }

    /// <summary>
    /// What was mapped before all was forgotten, or to keys of another function, is worth nothing now; and own keys are
    /// no engine's hashes.
    /// </summary>
    private void FollowScheme()
    {
        if (IsUpToDate) return;
        if (!HasPoolKeys) target.Forget();
        if (!HasPoolKeys || _mapped is not null) StartMap(target.Scheme.Function);
        (_connectors, _forgotten) = (new ConnectorBlocks(target, services), target.Forgotten);
    }

    private bool IsUpToDate => HasPoolKeys && _forgotten == target.Forgotten;

    private bool HasPoolKeys => _mapped is null ? target.Scheme.Function is not OwnKeys : ReferenceEquals(_mapped.Function, target.Scheme.Function);

    private void StartMap(IKeyFunction function)
    {
        _mapped = new MappedBlocks(target, function);
        _forgotten = target.Forgotten;
    }

    /// <summary>Decides over the hashes where the event tells anything of them.</summary>
    private void Judge(in BlockStored stored, ReadOnlySpan<byte> payload)
    {
        var verdict = _verifier.Check(stored, payload, Verdict.State);
        if (verdict is { IsExact: false }) target.Scheme.GiveUp();
        FollowScheme();
        if (stored.TokensMatchHashes) target.KeysPerBlock = (int)stored.BlockSize / target.BlockSize;
        if (stored.BlockSize != target.BlockSize && stored.TokensMatchHashes)
        {
            var cause = string.Create(
                CultureInfo.InvariantCulture,
                $"the engine's blocks have {stored.BlockSize} tokens, the pool's {target.BlockSize}: each is converted to {stored.BlockSize / target.BlockSize}");
            Map(new SchemeDifference(SchemeParts.BlockSize, cause));
        }
        else if (verdict is { Difference: { } difference })
        {
            Map(difference);
        }
        else if (verdict is { IsExact: true })
        {
            Promote();
            Verdict = EngineTrust.Exact;
        }
    }

    /// <summary>From now on the engine's hashes are mapped. What was stored under them as keys is cleared first.</summary>
    private void Map(SchemeDifference difference)
    {
        if (_mapped is null)
        {
            target.Forget();
            StartMap(target.Scheme.Function);
        }

        Verdict = EngineTrust.Mapped(difference);
    }

    /// <summary>
    /// An engine that was taken to differ, because an old event left out a salt, is exact after all: what is mapped is
    /// stored again under the hashes that it was announced by.
    /// </summary>
    private void Promote()
    {
        if (_mapped is not { } mapped) return;
        _mapped = null;
        target.Forget();
        (_connectors, _forgotten) = (new ConnectorBlocks(target, services), target.Forgotten);
        mapped.ForEach((hash, tier, copies) =>
        {
            for (var i = 0; i < copies; i++) target.Index.Store(target.HolderFor(tier), null, [new BlockKey(hash.Value)]);
        });
    }

    private long StoreMapped(in BlockStored stored, Tier tier, ReadOnlySpan<byte> payload)
    {
        // Up to v0.13 an event has an adapter's number at most, and keys are made of its name.
        if (stored.HasLoraId && stored.LoraName is null) return Ignore("adapter");
        var outcome = default(MappedOutcome);
        _mapped!.Store(stored, tier, payload, ref outcome);
        services.Instruments.Mapped(outcome);
        return outcome.Stored;
    }

    /// <summary>
    /// Whether the event's blocks can be the pool's: as large, a multiple, or known by hash alone. The size that counts is
    /// the GPU's; what a connector cuts otherwise concerns only its own tier.
    /// </summary>
    private bool FitsPool(in BlockStored stored, Tier tier)
    {
        if (stored.BlockSize == target.BlockSize || stored.BlockSize == 0 || (stored.Tokens.IsEmpty && tier != Tier.Gpu))
        {
            if (tier == Tier.Gpu && stored.BlockSize != 0) _foreignBlockSize = 0;
            return true;
        }

        var multiple = stored.BlockSize / (uint)target.BlockSize;
        if (multiple <= MappedBlocks.MaxKeysPerBlock && stored.BlockSize % (uint)target.BlockSize == 0) return true;
        Ignore("block_size");
        if (tier == Tier.Gpu) RefuseBlockSize(stored.BlockSize);
        return false;
    }

    private void RefuseBlockSize(uint blockSize)
    {
        if (blockSize != _foreignBlockSize)
        {
            _foreignBlockSize = blockSize;
            var cause = string.Create(
                CultureInfo.InvariantCulture,
                $"the engine's blocks have {blockSize} tokens, the pool's {target.BlockSize}, of which they are no multiple");
            Verdict = EngineTrust.Unverified(cause) with { Differs = SchemeParts.BlockSize };
        }

        if (_blockSizeGate.TryPass(services.Time, out _))
        {
            Log.BlockSizeDiffers(services.Logger, target.Endpoint, target.Pool, blockSize, target.BlockSize);
        }
    }

    /// <summary>The first full-attention group stands for all of them: it is the one whose blocks are counted.</summary>
    private bool IsGroup(uint group, bool learn)
    {
        if (_group is null && learn) _group = group;
        return group == (_group ?? 0);
    }

    private long Ignore(string reason)
    {
        services.Instruments.Ignored(reason);
        return 0;
    }

    /// <summary>
    /// Groups in which a block's presence means that the whole prefix up to it was computed and can be reused. Engines that
    /// do not name the kind (before v0.22) count as such: before v0.20 they had one group.
    /// </summary>
    private static bool IsFullAttention(string? kind) =>
        kind is null or "full_attention" or "mla_attention" or "sink_full_attention";

    /// <summary>The same 64 bits under their other name.</summary>
    private static ReadOnlySpan<BlockKey> Keys(ReadOnlySpan<EngineBlockHash> hashes) =>
        MemoryMarshal.Cast<EngineBlockHash, BlockKey>(hashes);
}
