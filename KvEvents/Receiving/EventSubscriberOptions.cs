using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>How the subscriber listens and how much it holds at most.</summary>
public sealed record EventSubscriberOptions
{
    /// <summary>Where the SUB socket binds; engines connect to it.</summary>
    public string Address { get; init; } = "tcp://*:5557";

    /// <summary>How long events of a pod that no pool knows are kept for the pool to learn of it.</summary>
    public TimeSpan UnknownPodGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Batches kept of one unknown engine; the oldest make room.</summary>
    public int MaxKeptBatches { get; init; } = 4096;

    /// <summary>Bytes kept of all unknown engines together; the oldest of the one that needs room make it.</summary>
    public long MaxKeptBytes { get; init; } = 64 << 20;

    /// <summary>Batches of one stream that wait to be applied; beyond it they are dropped, which shows as a gap.</summary>
    public int MaxQueuedBatches { get; init; } = 16384;

    /// <summary>Bytes of all streams together that wait to be applied; beyond it batches are dropped, which shows as gaps.</summary>
    public long MaxQueuedBytes { get; init; } = 256 << 20;

    /// <summary>A peer that announces a larger frame is disconnected. A prefill of a million tokens needs about 6 MB.</summary>
    public long MaxMessageBytes { get; init; } = 64 << 20;

    /// <summary>Topics followed at a time; those that fell silent make room.</summary>
    public int MaxStreams { get; init; } = 16384;

    public ReplayOptions Replay { get; init; } = new();
}
