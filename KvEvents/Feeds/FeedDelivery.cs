using System.Globalization;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Sees to it that an engine's batches are applied in order, each once, and that the index claims nothing that a missing
/// batch could contradict. Missing batches are fetched from the engine's replay socket, in sequence, while live ones wait.
/// What cannot be had again may have said that blocks are gone: then the engine's blocks are taken out and it starts from
/// what comes, stale until <see cref="ProvingBatches"/> batches arrived without a hole, until it clears its cache, or until
/// it is restarted. Any thread: the streams that bring batches, live ones and replayed, take turns.
/// </summary>
/// <remarks>
/// Nothing in the stream names the process that counts: after a restart an engine may have got as far as before, or further,
/// by the time that it is heard again. So a replay asks for the last applied batch once more; where that was published at
/// another time, or is not there, another process counts now.
/// </remarks>
internal sealed partial class FeedDelivery(FeedTarget target, int rank, FeedServices services, IReplaySink? sink)
{
    /// <summary>Batches in order that show that the engine's stream is whole again.</summary>
    public const int ProvingBatches = 32;

    private const int QuietDoublings = 5;

    private readonly Lock _turn = new();
    private readonly FeedApplier _applier = new(target, rank, services);
    private readonly KeptBatches _held = new(services.Options.Replay.MaxHeldBatches, services.Held, services.Time, services.Instruments.Held);
    private readonly string? _replayAddress = target.Sockets?.ReplayOf(rank);
    private SequenceTracker _applied = new();
    private Recovery? _recovery;
    private EngineTrust? _stale;
    private LogGate _gapGate;
    private LogGate _replayGate;
    private long _quietSince = services.Time.GetTimestamp();
    private int _quietChecks;
    private int _proven;

    /// <summary>What became of a live batch.</summary>
    private enum Followed
    {
        Done,

        /// <summary>It comes after a hole, and a replay was started to fill it.</summary>
        TooEarly,

        /// <summary>The target is retired.</summary>
        Refused,
    }

    /// <summary>The data-parallel rank whose batches these are.</summary>
    public int Rank => rank;

    /// <summary>What the batches are applied by.</summary>
    public FeedApplier Applier => _applier;

    /// <summary>True once the target is gone, or another stream brings its batches.</summary>
    public bool Retired => _applier.Retired;

    /// <summary>
    /// Applies the batch in <paramref name="scratch"/>, holds it until what is missing before it has been replayed, or leaves it
    /// when it is a duplicate. False when the target was retired: nothing was done, and the directory is to be asked again.
    /// </summary>
    public bool TryAccept(long sequence, ReadOnlySpan<byte> payload, DecodingScratch scratch)
    {
        using var turn = _turn.EnterScope();
        if (Retired) return false;
        // What was held may have been decoded into the scratch meanwhile.
        if (HeedContradiction(scratch)) scratch.DecodeAgain(payload);
        (_quietSince, _quietChecks) = (services.Time.GetTimestamp(), 0);
        if (_recovery is { } recovery)
        {
            switch (recovery.Live.Advance(sequence, scratch.Batch.Timestamp, out _))
            {
                case SequenceStep.Duplicate:
                    services.Instruments.Duplicate(target.Pool);
                    return true;
                case SequenceStep.Restart:
                    Abandon();
                    _applied = new SequenceTracker();
                    Restart(sequence);
                    break;
                default:
                    _held.Keep(sequence, payload);
                    return true;
            }
        }

        var followed = Follow(sequence, payload, scratch, mayRecover: true);
        if (followed == Followed.TooEarly) _held.Keep(sequence, payload);
        return followed != Followed.Refused;
    }

    /// <summary>Takes in a batch that was asked for again.</summary>
    public void Replayed(ReplayRequest request, long sequence, ReadOnlySpan<byte> payload, DecodingScratch scratch)
    {
        using var turn = _turn.EnterScope();
        HeedContradiction(scratch);
        if (_recovery is not { } recovery || recovery.Request != request) return;
        var first = !recovery.Answered;
        recovery.Answered = true;
        if (first && recovery.Rebuilds && !TryStartRebuild(recovery, sequence))
        {
            EndRecovery(recovery, mayRecover: true, scratch);
            return;
        }

        if (!scratch.TryDecode(payload, out _))
        {
            if (sequence > _applied.Last) NoteUndecodable(sequence);
            else if (_unheard is not null) StartOver(recovery);
            return;
        }

        if (first && recovery.Overlaps)
        {
            if (sequence == request.Start)
            {
                if (!_applied.LastWasPublishedAt(scratch.Batch.Timestamp)) StartOver(recovery);
                else NoteHeard();
                return;
            }

            Lose(sequence, sequence - _applied.Last - 1);
        }

        var ahead = _applied;
        switch (ahead.Advance(sequence, scratch.Batch.Timestamp, out var lost))
        {
            case SequenceStep.Duplicate:
                return;
            case SequenceStep.Restart:
                StartOver(recovery);
                return;
            case SequenceStep.Gap when !(first && recovery.Overlaps):
                Lose(sequence, lost);
                break;
        }

        _applied = ahead;
        ShowRecovering(recovery);
        if (!Apply(sequence, payload, scratch)) return;
        recovery.Batches++;
        target.Status.Replayed++;
        services.Instruments.Replayed(target.Pool);
    }

    /// <summary>Takes in the end of a replay: what was held meanwhile is next.</summary>
    public void ReplayEnded(ReplayRequest request, Fault? fault, DecodingScratch scratch)
    {
        using var turn = _turn.EnterScope();
        if (_recovery is not { } recovery || recovery.Request != request) return;
        services.Instruments.ReplayEnded(fault is null ? "complete" : "failed");
        if (fault is null && !recovery.Answered && (recovery.Overlaps || (recovery.Rebuilds && _applied.Last >= 0)))
        {
            StartOver(recovery);
            return;
        }

        var wanted = recovery.Purpose != RecoveryPurpose.Check;
        if (fault is not null && (wanted || _held.Count > 0))
        {
            if (_replayGate.TryPass(services.Time, out var heldBack)) Log.ReplayFailed(services.Logger, target.Endpoint, request.Start, fault, heldBack);
            NoteMissing(recovery, fault);
            if (recovery.Purpose == RecoveryPurpose.Meeting && _held.Count == 0) NoteSilent(fault);
        }

        if (fault is null) NoteMet();
        if (recovery.Batches > 0) Log.Recovered(services.Logger, target.Endpoint, recovery.Batches, _applied.Last);
        EndRecovery(recovery, mayRecover: fault is null && (recovery.Batches > 0 || !recovery.FillsHole), scratch);
    }

    /// <summary>
    /// Asks an engine that was silent for a while whether there is more: the loss of its last batches, or a restart after
    /// them, shows in nothing else. An engine that never said anything is asked for all that it has, at once, and again until it answers.
    /// </summary>
    public void CheckQuiet(DecodingScratch scratch)
    {
        using var turn = _turn.EnterScope();
        if (Retired) return;
        HeedContradiction(scratch);
        if (_recovery is not null) return;
        if (_missing is not null && _missing.IsDue(services.Options.Replay, services.Time) && TryRecover(_applied, RecoveryPurpose.History)) return;
        var neverAsked = !_met && _quietChecks == 0;
        var patience = services.Options.Replay.QuietCheck * (1 << Math.Min(_quietChecks, QuietDoublings));
        if (!neverAsked && services.Time.GetElapsedTime(_quietSince) < patience) return;
        if (TryRecover(_applied, _met ? RecoveryPurpose.Check : RecoveryPurpose.Meeting)) (_quietSince, _quietChecks) = (services.Time.GetTimestamp(), _quietChecks + 1);
    }

    /// <summary>Notes a live batch that could not be decoded: what it said is lost.</summary>
    public void NoteMalformed(long sequence)
    {
        using var turn = _turn.EnterScope();
        // During a replay it comes again in its place, and where batches before it are missing one is due.
        if (_recovery is not null) return;
        if (_applied.Last >= 0 && sequence > _applied.Last + 1 && TryRecover(_applied, RecoveryPurpose.Gap)) return;
        NoteUndecodable(sequence);
    }

    /// <summary>Notes a batch that was applied in part at most.</summary>
    public void NoteFailure()
    {
        using var turn = _turn.EnterScope();
        Purge("a batch could not be applied");
    }

    /// <summary>Gives up the replay that may be under way, and what waits for its end.</summary>
    public void Abandon()
    {
        using var turn = _turn.EnterScope();
        EndRequest();
        _held.DropAll();
    }

    private Followed Follow(long sequence, ReadOnlySpan<byte> payload, DecodingScratch scratch, bool mayRecover)
    {
        var ahead = _applied;
        var late = _applied.Last < 0 && sequence > 0;
        switch (ahead.Advance(sequence, scratch.Batch.Timestamp, out var lost))
        {
            case SequenceStep.Duplicate:
                services.Instruments.Duplicate(target.Pool);
                return Followed.Done;
            case SequenceStep.Restart:
                _applied = new SequenceTracker();
                Restart(sequence);
                if (sequence == 0) break;
                if (TryRecover(ahead, RecoveryPurpose.Gap)) return Followed.TooEarly;
                CountLost(lost);
                break;
            case SequenceStep.Gap:
                if (mayRecover && TryRecover(ahead, RecoveryPurpose.Gap)) return Followed.TooEarly;
                Lose(sequence, lost);
                break;
            case SequenceStep.Next when (late || _unheard is not null) && mayRecover && TryRecover(ahead, RecoveryPurpose.Gap):
                return Followed.TooEarly;
        }

        if (_unheard is not null && _isHandedOver && sequence == _applied.Last + 1) NoteHeard();
        if (_unheard is not null) Purge(CannotGoOn);
        NoteMet();
        _applied = ahead;
        return Apply(sequence, payload, scratch) ? Followed.Done : Followed.Refused;
    }

    private bool Apply(long sequence, ReadOnlySpan<byte> payload, DecodingScratch scratch)
    {
        if (!_applier.TryApply(sequence, scratch.Batch, payload)) return false;
        var clears = scratch.Batch.Clears;
        if (clears) NoteCleared(sequence);
        if (_stale is not null && (++_proven >= ProvingBatches || clears)) _stale = null;
        else if (!clears) return true;
        PublishTrust();
        return true;
    }

    /// <param name="live">The numbers of all that is held.</param>
    /// <param name="mayRecover">Whether a hole before the first of them may be asked for, or was just now, in vain.</param>
    /// <param name="scratch">To decode into.</param>
    private void ApplyHeld(SequenceTracker live, bool mayRecover, DecodingScratch scratch)
    {
        while (_held.TryPeek(out var sequence, out var payload))
        {
            scratch.DecodeAgain(payload);
            if (Follow(sequence, payload, scratch, mayRecover) != Followed.Done)
            {
                if (_recovery is { } another) another.Live = live;
                return;
            }

            _held.Taken();
            // Something is applied that the replay did not bring: from here on a hole is a new one.
            mayRecover = true;
        }
    }

    /// <summary>Starts a replay from the last applied batch on, or from the first there is.</summary>
    /// <param name="live">The numbers that arrived so far.</param>
    /// <param name="purpose">What for. A history is asked for from the first batch on, or the one that emptied the cache.</param>
    private bool TryRecover(SequenceTracker live, RecoveryPurpose purpose)
    {
        if (_replayAddress is null || services.Replays is null || sink is null) return false;
        var rebuilds = purpose is RecoveryPurpose.History or RecoveryPurpose.Rebuild;
        var start = rebuilds ? HistoryStart : Math.Max(_applied.Last, 0);
        var request = new ReplayRequest(_replayAddress, start, rank, sink);
        _recovery = new Recovery(request, purpose, overlaps: !rebuilds && _applied.Last >= 0, live);
        if (purpose is RecoveryPurpose.Gap or RecoveryPurpose.Rebuild || (purpose == RecoveryPurpose.Meeting && _silent is null)) ShowRecovering(_recovery);
        services.Replays.Start(request);
        return true;
    }

    /// <summary>A replay is over: what was held meanwhile is next.</summary>
    private void EndRecovery(Recovery recovery, bool mayRecover, DecodingScratch scratch)
    {
        _recovery = null;
        ApplyHeld(recovery.Live, mayRecover, scratch);
        PublishTrust();
    }

    private void EndRequest()
    {
        if (_recovery is null) return;
        _recovery.Request.Abandon();
        services.Instruments.ReplayEnded("abandoned");
        _recovery = null;
    }

    private void ShowRecovering(Recovery recovery)
    {
        if (recovery.Trust is not null) return;
        recovery.NoteMissing(services.Time.GetUtcNow());
        Log.Recovering(services.Logger, target.Endpoint, recovery.Request.Start, recovery.Request.Address);
        PublishTrust();
    }

    /// <summary>Another process counts: all over from its first batch. What is held came from it.</summary>
    private void StartOver(Recovery recovery)
    {
        recovery.Request.Abandon();
        _applied = new SequenceTracker();
        Restart(0);
        if (_held.Count > 0) TryRecover(recovery.Live, RecoveryPurpose.Gap);
        else TryRecover(new SequenceTracker(), RecoveryPurpose.Meeting);
    }

    private void Restart(long sequence)
    {
        services.Instruments.Restarted(target.Pool);
        Log.Restarted(services.Logger, target.Endpoint, sequence);
        _applier.Restart();
        (_stale, _unheard, _missing, _cleared) = (null, null, null, 0);
        NoteMet();
        PublishTrust();
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

    private void NoteUndecodable(long sequence)
    {
        var lost = _applied.AdvanceMalformed(sequence);
        if (lost > 0) Lose(sequence, lost);
        target.Status.Malformed++;
        Purge("a batch could not be decoded");
        target.Status.Cursor = _applied.Last;
    }

    private void Purge(string cause)
    {
        var blocks = _applier.Purge();
        target.Status.Purges++;
        services.Instruments.Purged(target.Pool, blocks);
        (_proven, _unheard) = (0, null);
        _stale = new EngineTrust(TrustState.Stale, cause, services.Time.GetUtcNow());
        PublishTrust();
    }

    private void PublishTrust()
    {
        _applier.Delivery = _silent ?? _unheard ?? _recovery?.Trust ?? _stale;
        _applier.Missing = _missing?.Cause;
    }
}
