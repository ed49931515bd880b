using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Decoding;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>Learning an engine's blocks once more: after its answers contradicted its events, or when its history could not be had before.</summary>
internal sealed partial class FeedDelivery
{
    private MissingHistory? _missing;
    private long _cleared;
    private int _contradictions = target.Contradictions;

    /// <summary>The batch that says all that there is: the first, or the last that emptied the only tier.</summary>
    private long HistoryStart => target.HoldsBesidesGpu ? 0 : _cleared;

    /// <summary>
    /// The engine's answers have shown that what is known of it is wrong, and it was forgotten: it is learnt again from the
    /// engine's replay socket, or, where that was tried before, from live batches alone.
    /// </summary>
    /// <returns>True when batches that were held have been applied, through <paramref name="scratch"/>.</returns>
    private bool HeedContradiction(DecodingScratch scratch)
    {
        if (_contradictions == target.Contradictions) return false;
        _contradictions = target.Contradictions;
        if (target.Rebuilds)
        {
            var live = _recovery?.Live ?? _applied;
            EndRequest();
            TryRecover(live, RecoveryPurpose.Rebuild);
        }
        else if (_recovery is { Rebuilds: true } recovery)
        {
            EndRequest();
            EndRecovery(recovery, mayRecover: false, scratch);
            return true;
        }

        return false;
    }

    /// <summary>
    /// All over, with the first answer and not before, so that an engine that does not answer loses nothing. False when the answer
    /// begins no earlier than what is known: there is nothing to be learnt from it.
    /// </summary>
    private bool TryStartRebuild(Recovery recovery, long sequence)
    {
        if (recovery.Purpose == RecoveryPurpose.History && _missing is { } missing && sequence >= missing.From)
        {
            recovery.Request.Abandon();
            _missing = null;
            return false;
        }

        _applier.Purge();
        (_applied, _stale, _unheard, _missing, _proven) = (new SequenceTracker(), null, null, null, 0);
        return true;
    }

    /// <summary>A replay has failed: remembers what is missing for want of it, so that it is asked for again.</summary>
    private void NoteMissing(Recovery recovery, Fault fault)
    {
        var first = _held.TryPeek(out var held, out _) ? held : _applied.Last + 1;
        if (!recovery.Rebuilds && first <= _applied.Last + 1) return;
        if (_missing is null || recovery.Answered) _missing = new MissingHistory(first);
        _missing.NoteFailure(fault, services.Options.Replay, services.Time);
    }

    private void NoteCleared(long sequence)
    {
        _cleared = sequence;
        if (!target.HoldsBesidesGpu) _missing = null;
    }
}
