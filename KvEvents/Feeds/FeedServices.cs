using Microsoft.Extensions.Logging;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>What all streams of one subscriber share.</summary>
internal sealed record FeedServices(
    IFeedDirectory Directory,
    EventSubscriberOptions Options,
    KvEventInstruments Instruments,
    ILogger Logger,
    TimeProvider Time,
    ZmqMessagePool Messages,
    IReplays? Replays = null,
    IFeedSharing? Sharing = null)
{
    /// <summary>Payloads that wait to be applied.</summary>
    public ByteBudget Queued { get; } = new(Options.MaxQueuedBytes);

    /// <summary>Payloads kept for pods that no pool knows.</summary>
    public ByteBudget Kept { get; } = new(Options.MaxKeptBytes);

    /// <summary>Payloads of live batches held while earlier ones are replayed.</summary>
    public ByteBudget Held { get; } = new(Options.Replay.MaxHeldBytes);
}
