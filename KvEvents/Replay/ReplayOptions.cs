namespace OrleansKvRouter.KvEvents.Replay;

/// <summary>How patiently engines are asked for batches again.</summary>
public sealed record ReplayOptions
{
    /// <summary>How long an engine may take to accept a connection, and between two replies. It answers between steps: up to 100 ms when idle.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Attempts without a new batch after which a replay has failed.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>The pause after the first vain attempt; it doubles from one to the next.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Engines that are asked at the same time.</summary>
    public int Parallel { get; init; } = 8;

    /// <summary>Live batches of one engine held during its replay; beyond it the oldest go, which the replay most likely contains.</summary>
    public int MaxHeldBatches { get; init; } = 16384;

    /// <summary>Bytes of live batches of all engines held during their replays.</summary>
    public long MaxHeldBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Silence after which an engine is asked whether there is more, since the loss of a last batch shows in nothing
    /// else. The time doubles as long as the silence lasts, 32-fold at most.
    /// </summary>
    public TimeSpan QuietCheck { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often an engine is asked for its history that could not be had.</summary>
    public int HistoryAttempts { get; init; } = 16;

    /// <summary>The pause after the first vain attempt to get an engine's history; it doubles from one to the next, 32-fold at most.</summary>
    public TimeSpan HistoryPause { get; init; } = TimeSpan.FromSeconds(1);
}
