using System.Globalization;
using OrleansKvRouter.KvEvents.Decoding;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Sees to it that an engine's batches are applied in order, each once, and that the index claims nothing that a missing
/// batch could contradict. A lost batch may have said that blocks are gone, so the engine's blocks are taken out and it
/// starts from what comes; it is stale until <see cref="ProvingBatches"/> batches arrived without a hole, or until it clears
/// its cache or is restarted. One thread at a time.
/// </summary>
internal sealed class FeedDelivery(FeedTarget target, FeedServices services)
{
    /// <summary>Batches in order that show that the engine's stream is whole again.</summary>
    public const int ProvingBatches = 32;

    private readonly FeedApplier _applier = new(target, services);
    private SequenceTracker _sequence = new();
    private LogGate _gapGate;
    private int _proven;

    public bool Retired => target.Retired;

    /// <summary>
    /// Applies the batch in <paramref name="scratch"/>, or leaves it when it is a duplicate. False when the target was
    /// retired: nothing was done, and the directory is to be asked again.
    /// </summary>
    public bool TryAccept(long sequence, ReadOnlySpan<byte> payload, DecodingScratch scratch)
    {
        if (target.Retired) return false;
        switch (_sequence.Advance(sequence, scratch.Batch.Timestamp, out var lost))
        {
            case SequenceStep.Duplicate:
                services.Instruments.Duplicate(target.Pool);
                return true;
            case SequenceStep.Restart:
                Restart(sequence, lost);
                break;
            case SequenceStep.Gap:
                Lose(sequence, lost);
                break;
        }

        if (!_applier.TryApply(sequence, scratch.Batch, payload)) return false;
        Prove(scratch.Batch);
        return true;
    }

    /// <summary>Notes a batch that could not be decoded: what it said is lost.</summary>
    public void NoteMalformed(long sequence)
    {
        var lost = _sequence.AdvanceMalformed(sequence);
        if (lost > 0) Lose(sequence, lost);
        target.Status.Malformed++;
        Purge("a batch could not be decoded");
        target.Status.Cursor = _sequence.Last;
    }

    /// <summary>Notes a batch that was applied in part at most.</summary>
    public void NoteFailure() => Purge("a batch could not be applied");

    private void Restart(long sequence, long lost)
    {
        services.Instruments.Restarted(target.Pool);
        Log.Restarted(services.Logger, target.Endpoint, sequence);
        _applier.Restart();
        _applier.Delivery = null;
        CountLost(lost);
    }

    private void Lose(long sequence, long lost)
    {
        CountLost(lost);
        if (_gapGate.TryPass(services.Time, out var heldBack)) Log.Gap(services.Logger, target.Endpoint, lost, sequence, heldBack);
        Purge(string.Create(CultureInfo.InvariantCulture, $"{target.Status.Lost} batches were lost, the last before sequence {sequence}"));
    }

    private void CountLost(long lost)
    {
        if (lost == 0) return;
        target.Status.Lost += lost;
        services.Instruments.Lost(target.Pool, lost);
    }

    private void Purge(string cause)
    {
        var blocks = _applier.Purge();
        target.Status.Purges++;
        services.Instruments.Purged(target.Pool, blocks);
        _proven = 0;
        _applier.Delivery = new EngineTrust(TrustState.Stale, cause, services.Time.GetUtcNow());
    }

    /// <summary>Ends staleness when enough arrived, or when the engine emptied its cache, which nothing lost can contradict.</summary>
    private void Prove(KvEventBatch batch)
    {
        if (_applier.Delivery is not { State: TrustState.Stale }) return;
        if (++_proven >= ProvingBatches || batch.Clears) _applier.Delivery = null;
    }
}
