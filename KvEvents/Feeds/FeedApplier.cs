using System.Globalization;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Applies one engine's batches, in order, to its target's index. An engine's hashes are the pool's block keys: where they differ
/// from what the router computes, nothing will match them, which does no harm and shows in the engine's trust. One thread at a time.
/// </summary>
internal sealed class FeedApplier(FeedTarget target, FeedServices services)
{
    private const string Gpu = "GPU";

    private readonly HashVerifier _verifier = new(target.Scheme);
    private SequenceTracker _sequence = new();
    private EngineTrust _verdict = target.Status.Trust;
    private string? _stale;
    private uint? _group;
    private uint _foreignBlockSize;
    private LogGate _gapGate;
    private LogGate _blockSizeGate;
    private long _stored;
    private long _removed;
    private long _cleared;

    public bool Retired => target.Retired;

    /// <summary>
    /// Applies a batch, or leaves it when it is a duplicate. False when the target was retired: nothing was done, and the
    /// directory is to be asked again.
    /// </summary>
    public bool TryApply(long sequence, KvEventBatch batch, ReadOnlySpan<byte> payload)
    {
        lock (target.Writing)
        {
            if (target.Retired) return false;
            if (!Follow(sequence, batch.Timestamp)) return true;
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
            services.Instruments.Applied(target.Pool, _stored, _removed, _cleared);
            PublishTrust();
            target.Status.Cursor = sequence;
            return true;
        }
    }

    /// <summary>Notes a batch that could not be decoded: what it said is lost.</summary>
    public void NoteMalformed(long sequence)
    {
        target.Status.Malformed++;
        Lose(sequence, _sequence.AdvanceMalformed(sequence));
        _stale = "a batch could not be decoded";
        PublishTrust();
        target.Status.Cursor = _sequence.Last;
    }

    /// <summary>Notes a batch that was applied in part at most.</summary>
    public void NoteFailure()
    {
        _stale = "a batch could not be applied";
        PublishTrust();
    }

    /// <summary>Takes in the batch's number; false for a duplicate.</summary>
    private bool Follow(long sequence, double timestamp)
    {
        var step = _sequence.Advance(sequence, timestamp, out var lost);
        if (step == SequenceStep.Duplicate)
        {
            services.Instruments.Duplicate(target.Pool);
            return false;
        }

        if (step == SequenceStep.Restart)
        {
            Restart(sequence);
            if (lost > 0) services.Instruments.Lost(target.Pool, lost);
            target.Status.Lost += lost;
        }
        else
        {
            Lose(sequence, lost);
        }

        return true;
    }

    private void Lose(long sequence, long lost)
    {
        if (lost == 0) return;
        target.Status.Lost += lost;
        services.Instruments.Lost(target.Pool, lost);
        _stale = string.Create(CultureInfo.InvariantCulture, $"{target.Status.Lost} batches were lost, the last before sequence {sequence}");
        if (_gapGate.TryPass(services.Time, out var heldBack)) Log.Gap(services.Logger, target.Endpoint, lost, sequence, heldBack);
    }

    private void Restart(long sequence)
    {
        services.Instruments.Restarted(target.Pool);
        Log.Restarted(services.Logger, target.Endpoint, sequence);
        target.Index.Clear(target.Holder);
        _verdict = EngineTrust.Unverified("the engine was restarted and no first block of a prompt has been seen since");
        _verifier.Restart();
        (_stale, _group, _foreignBlockSize) = (null, null, 0);
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
        target.Index.Clear(target.Holder);
        _cleared++;
        // An empty cache holds nothing that a lost removal could contradict.
        _stale = null;
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
        var current = target.Status.Trust;
        var cause = _stale ?? _verdict.Cause;
        var state = _stale is null ? _verdict.State : TrustState.Stale;
        if (current.State == state && current.Cause == cause) return;
        target.Status.Trust = _stale is null ? _verdict : new EngineTrust(TrustState.Stale, cause);
        if (current.State != state) Log.TrustChanged(services.Logger, target.Endpoint, state, cause);
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
