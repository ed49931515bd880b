using System.Globalization;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Applies one engine's batches to its target's index; that they come complete and in order is <see cref="FeedDelivery"/>'s
/// matter. An engine's hashes are the pool's block keys: where they differ from what the router computes, nothing will match
/// them, which does no harm and shows in the engine's trust. One thread at a time.
/// </summary>
internal sealed class FeedApplier(FeedTarget target, FeedServices services)
{
    private const string Gpu = "GPU";

    private readonly HashVerifier _verifier = new(target.Scheme);
    private EngineTrust _verdict = target.Status.Trust;
    private EngineTrust? _delivery;
    private uint? _group;
    private uint _foreignBlockSize;
    private LogGate _blockSizeGate;
    private long _stored;
    private long _removed;
    private long _cleared;

    public bool Retired => target.Retired;

    /// <summary>
    /// What the delivery of batches has against the engine's trust; null for nothing. It outranks what its hashes say: they
    /// may be right, and the index wrong all the same.
    /// </summary>
    public EngineTrust? Delivery
    {
        get => _delivery;
        set
        {
            _delivery = value;
            PublishTrust();
        }
    }

    /// <summary>
    /// Applies a batch, the next in order. False when the target was retired: nothing was done, and the directory is to be
    /// asked again.
    /// </summary>
    public bool TryApply(long sequence, KvEventBatch batch, ReadOnlySpan<byte> payload)
    {
        lock (target.Writing)
        {
            if (target.Retired) return false;
            (_stored, _removed, _cleared) = (0, 0, 0);
            for (var i = 0; i < batch.Count; i++)
            {
                switch (batch.KindOf(i))
                {
                    case KvEventKind.BlockStored:
                        Store(batch.Stored(i), payload);
                        break;
                    case KvEventKind.BlockRemoved:
                        Remove(batch.Removed(i));
                        break;
                    default:
                        Clear();
                        break;
                }
            }

            if (batch.UnknownEvents > 0) services.Instruments.Ignored("tag", batch.UnknownEvents);
            target.Status.Batches++;
            target.Status.Removed += _removed;
            services.Instruments.Applied(target.Pool, _stored, _removed, _cleared);
            PublishTrust();
            target.Status.Cursor = sequence;
            return true;
        }
    }

    /// <summary>Takes back all that the index says of the engine. Returns how many blocks that were.</summary>
    public long Purge()
    {
        lock (target.Writing)
        {
            if (target.Retired) return 0;
            return target.Forget();
        }
    }

    /// <summary>The engine is another process now: besides its blocks, what was learnt of its hashes is void.</summary>
    public void Restart()
    {
        Purge();
        _verdict = EngineTrust.Unverified("the engine was restarted and no first block of a prompt has been seen since");
        _verifier.Restart();
        (_group, _foreignBlockSize) = (null, 0);
        PublishTrust();
    }

    private void Store(in BlockStored stored, ReadOnlySpan<byte> payload)
    {
        if (!IsGpu(stored.Medium))
        {
            services.Instruments.Ignored("medium");
            return;
        }

        if (!IsFullAttention(stored.SpecKind) || stored.Group != (_group ??= stored.Group))
        {
            services.Instruments.Ignored("group");
            return;
        }

        if (stored.BlockSize != target.BlockSize)
        {
            RefuseBlockSize(stored.BlockSize);
            return;
        }

        if (stored.Hashes.IsEmpty) return;
        _foreignBlockSize = 0;
        target.Index.Store(target.Holder, stored.Parent is { } parent ? new BlockKey(parent.Value) : null, Keys(stored.Hashes));
        _stored += stored.Hashes.Length;
        if (_verifier.Check(stored, payload, _verdict == EngineTrust.Exact) is { } verdict) _verdict = verdict;
    }

    private void Remove(in BlockRemoved removed)
    {
        if (!IsGpu(removed.Medium))
        {
            services.Instruments.Ignored("medium");
        }
        else if (_group is { } group && removed.Group != group)
        {
            services.Instruments.Ignored("group");
        }
        else
        {
            target.Index.Remove(target.Holder, Keys(removed.Hashes));
            _removed += removed.Hashes.Length;
        }
    }

    private void Clear()
    {
        target.Forget();
        _cleared++;
    }

    private void RefuseBlockSize(uint blockSize)
    {
        if (blockSize == 0)
        {
            services.Instruments.Ignored("placeholder");
            return;
        }

        services.Instruments.Ignored("block_size");
        if (blockSize != _foreignBlockSize)
        {
            _foreignBlockSize = blockSize;
            _verdict = EngineTrust.Unverified(string.Create(
                CultureInfo.InvariantCulture,
                $"the engine's blocks have {blockSize} tokens, the pool's {target.BlockSize}"));
        }

        if (_blockSizeGate.TryPass(services.Time, out _))
        {
            Log.BlockSizeDiffers(services.Logger, target.Endpoint, target.Pool, blockSize, target.BlockSize);
        }
    }

    private void PublishTrust()
    {
        var (current, trust) = (target.Status.Trust, _delivery ?? _verdict);
        if (current == trust) return;
        target.Status.Trust = trust;
        if (current.State != trust.State) Log.TrustChanged(services.Logger, target.Endpoint, trust.State, trust.Cause);
    }

    private static bool IsGpu(string? medium) => medium is null || medium.Equals(Gpu, StringComparison.OrdinalIgnoreCase);

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
