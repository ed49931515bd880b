using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Applies one engine's batches to its target's index; that they come complete and in order is <see cref="FeedDelivery"/>'s
/// matter, and what becomes of the blocks <see cref="EngineBlocks"/>'. One thread at a time.
/// </summary>
internal sealed class FeedApplier(FeedTarget target, FeedServices services)
{
    private readonly EngineBlocks _blocks = new(target, services);
    private EngineTrust? _delivery;
    private string? _missing;
    private (EngineTrust Verdict, string Missing, EngineTrust Shown)? _incomplete;

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

    /// <summary>What is not known of the engine, though what is known is right; null for nothing. It is told beside its trust.</summary>
    public string? Missing
    {
        get => _missing;
        set
        {
            _missing = value;
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
            var (stored, removed, cleared) = (0L, 0L, 0L);
            for (var i = 0; i < batch.Count; i++)
            {
                switch (batch.KindOf(i))
                {
                    case KvEventKind.BlockStored:
                        stored += _blocks.Store(batch.Stored(i), payload);
                        break;
                    case KvEventKind.BlockRemoved:
                        removed += _blocks.Remove(batch.Removed(i));
                        break;
                    default:
                        _blocks.ClearGpu();
                        cleared++;
                        break;
                }
            }

            if (batch.UnknownEvents > 0) services.Instruments.Ignored("tag", batch.UnknownEvents);
            if (batch.Wire.IsKnown) target.Status.Wire = batch.Wire;
            target.Status.Batches++;
            target.Status.Removed += removed;
            services.Instruments.Applied(target.Pool, stored, removed, cleared);
            PublishTrust();
            target.Status.Cursor = sequence;
            return true;
        }
    }

    /// <summary>Takes back all that the index says of the engine. Returns how many blocks that were.</summary>
    public long Purge()
    {
        lock (target.Writing) return target.Retired ? 0 : target.Forget();
    }

    /// <summary>The engine is another process now: besides its blocks, what was learnt of its hashes is void.</summary>
    public void Restart()
    {
        lock (target.Writing)
        {
            if (!target.Retired) _blocks.Restart();
        }

        PublishTrust();
    }

    private EngineTrust Verdict
    {
        get
        {
            var verdict = _blocks.Verdict;
            if (_missing is null) return verdict;
            if (_incomplete is not { } known || known.Verdict != verdict || known.Missing != _missing)
            {
                known = (verdict, _missing, verdict with { IsIncomplete = true, Cause = verdict.Cause.Length == 0 ? _missing : $"{verdict.Cause}; {_missing}" });
                _incomplete = known;
            }

            return known.Shown;
        }
    }

    private void PublishTrust()
    {
        var (current, trust) = (target.Status.Trust, _delivery ?? Verdict);
        if (current == trust) return;
        target.Status.Trust = trust;
        if (current.State != trust.State) Log.TrustChanged(services.Logger, target.Endpoint, trust.State, trust.Cause);
    }
}
