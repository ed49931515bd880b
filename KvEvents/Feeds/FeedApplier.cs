using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Snapshots;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Applies one engine's batches to its target's index; that they come complete and in order is <see cref="FeedDelivery"/>'s
/// matter, and what becomes of the blocks <see cref="EngineBlocks"/>'. One thread at a time.
/// </summary>
internal sealed class FeedApplier(FeedTarget target, int rank, FeedServices services)
{
    private const long Nowhere = -1;

    private readonly EngineBlocks _blocks = new(target, services);

    // How far the index has got with the engine; nowhere while a batch is applied, and where it holds nothing for another reason.
    private (long Sequence, double Timestamp) _position = (Nowhere, 0);
    private EngineTrust? _delivery;
    private string? _missing;
    private (EngineTrust Verdict, string Missing, EngineTrust Shown)? _incomplete;

    private volatile bool _left;

    /// <summary>True once the target is gone, or another stream's feed, or another process, writes to it.</summary>
    public bool Retired => _left || target.Retired || target.Resumption.IsTakenFrom(this);

    /// <summary>Another process applies the engine's events from now on. Under the target's lock.</summary>
    public void Leave() => _left = true;

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
            if (Retired) return false;
            _blocks.BeforeChange();
            _position = (Nowhere, 0);
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
            _position = (sequence, batch.Timestamp);
            target.Index.Advance(target.Holder, new StreamPosition(sequence, batch.Timestamp, Memo.Pack()));
            return true;
        }
    }

    /// <summary>
    /// What the feed must know to go on from here, under the target's lock; null where the index and the stream do not belong
    /// together now.
    /// </summary>
    public EngineState? Cut()
    {
        if (_position.Sequence == Nowhere || _blocks.Cut() is not { } hashes) return null;
        return new EngineState
        {
            Rank = rank,
            Sequence = _position.Sequence,
            Timestamp = _position.Timestamp,
            Verdict = _blocks.Verdict,
            Stale = _delivery is { State: TrustState.Stale } stale ? stale : null,
            Group = _blocks.Group,
            Function = target.Scheme.Function,
            Hashes = hashes,
        };
    }

    /// <summary>Goes on from what another process knew of the engine; the index has its blocks.</summary>
    public void Resume(EngineState state)
    {
        lock (target.Writing)
        {
            _blocks.Resume(state);
            _position = (state.Sequence, state.Timestamp);
        }
    }

    /// <summary>Takes back all that the index says of the engine. Returns how many blocks that were.</summary>
    public long Purge()
    {
        lock (target.Writing)
        {
            _position = (Nowhere, 0);
            return Retired ? 0 : target.Forget();
        }
    }

    /// <summary>The engine is another process now: besides its blocks, what was learnt of its hashes is void.</summary>
    public void Restart()
    {
        lock (target.Writing)
        {
            _position = (Nowhere, 0);
            if (!Retired) _blocks.Restart();
        }

        PublishTrust();
    }

    private EngineMemo Memo => new(_blocks.HasNoMaps && _missing is null && _delivery is null or { State: TrustState.Recovering }, _blocks.Verdict.State, target.KeysPerBlock, rank, _blocks.Group);

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
        if (current == trust || Retired) return;
        target.Status.Trust = trust;
        if (current.State != trust.State) Log.TrustChanged(services.Logger, target.Endpoint, trust.State, trust.Cause);
    }
}
