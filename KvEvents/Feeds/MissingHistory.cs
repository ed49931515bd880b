using System.Globalization;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// What an engine published before <paramref name="from"/> is not known, because it could not be asked. What is known of it is
/// right but not all, so it is asked again, after pauses that double, a bounded number of times.
/// </summary>
/// <param name="from">The sequence number of the first batch that counts.</param>
internal sealed class MissingHistory(long from)
{
    private const int Doublings = 5;

    private int _failures;
    private long _failed;

    /// <summary>What is known of the engine starts here.</summary>
    public long From { get; } = from;

    /// <summary>For people: what is missing, why, and whether it will be asked for again.</summary>
    public string Cause { get; private set; } = "";

    public void NoteFailure(Fault fault, ReplayOptions options, TimeProvider time)
    {
        _failed = time.GetTimestamp();
        _failures++;
        var next = _failures < options.HistoryAttempts ? "it is asked again" : "it is not asked any more";
        Cause = string.Create(
            CultureInfo.InvariantCulture,
            $"what it stored before sequence {From} is not known, {fault.What}; {next} (attempt {_failures} of {options.HistoryAttempts})");
    }

    public bool IsDue(ReplayOptions options, TimeProvider time) =>
        _failures < options.HistoryAttempts && time.GetElapsedTime(_failed) >= options.HistoryPause * (1 << Math.Min(_failures - 1, Doublings));
}
