namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>What a batch's sequence number means.</summary>
internal enum SequenceStep
{
    /// <summary>The next one, or the first that was received.</summary>
    Next,

    /// <summary>Some before it never arrived.</summary>
    Gap,

    /// <summary>The engine was restarted and counts from 0 again.</summary>
    Restart,

    /// <summary>It was here before, or comes too late.</summary>
    Duplicate,
}

/// <summary>
/// Follows one engine's sequence numbers. They start at 0 with the engine's process and go up by one a batch, and
/// nothing else in the stream tells of a restart (spec 2.2, 2.6). A number that goes back is told from a batch that
/// is delivered twice by the time in the batch: a restarted engine publishes later than it ever did before.
/// </summary>
internal struct SequenceTracker
{
    private double _timestamp;
    private bool _lastHasTime;

    public SequenceTracker() => Last = -1;

    /// <summary>One that goes on after a batch.</summary>
    public SequenceTracker(long last, double timestamp) => (Last, _timestamp, _lastHasTime) = (last, timestamp, true);

    /// <summary>The last number seen; −1 before the first.</summary>
    public long Last { get; private set; }

    /// <summary>
    /// Whether the batch with the last number was published at this time. Another time means that another process counts:
    /// the engine was restarted and has got as far again.
    /// </summary>
    public bool LastWasPublishedAt(double timestamp) => !_lastHasTime || timestamp == _timestamp;

    /// <summary>Takes in a batch's number and time.</summary>
    /// <param name="sequence">At least 0.</param>
    /// <param name="timestamp">The batch's Unix time in seconds.</param>
    /// <param name="lost">Batches that are known to be missing before this one.</param>
    public SequenceStep Advance(long sequence, double timestamp, out long lost)
    {
        lost = 0;
        var step = Last < 0 || sequence == Last + 1 ? SequenceStep.Next
            : sequence > Last ? SequenceStep.Gap
            : timestamp > _timestamp || (sequence == 0 && timestamp != _timestamp) ? SequenceStep.Restart
            : SequenceStep.Duplicate;
        if (step == SequenceStep.Duplicate) return step;
        if (step == SequenceStep.Gap) lost = sequence - Last - 1;
        if (step == SequenceStep.Restart) lost = sequence;
        (Last, _timestamp, _lastHasTime) = (sequence, timestamp, true);
        return step;
    }

    /// <summary>
    /// Takes in the number of a batch that could not be decoded, and so has no time. Where the number goes back, the
    /// next good batch decides what that means.
    /// </summary>
    /// <returns>Batches that are known to be missing before this one.</returns>
    public long AdvanceMalformed(long sequence)
    {
        if (Last < 0 || sequence <= Last) return 0;
        var lost = sequence - Last - 1;
        (Last, _lastHasTime) = (sequence, false);
        return lost;
    }
}
