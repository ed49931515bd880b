using System.Globalization;
using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>A replay under way, as the engine's delivery sees it.</summary>
/// <param name="request">What was asked.</param>
/// <param name="overlaps">The last applied batch was asked for again, to see whether the same process counts.</param>
/// <param name="wanted">Something is known to be missing; else the engine is only asked whether there is more.</param>
/// <param name="live">The numbers that arrived before.</param>
internal sealed class Recovery(ReplayRequest request, bool overlaps, bool wanted, SequenceTracker live)
{
    /// <summary>Follows what is held.</summary>
    public SequenceTracker Live = live;

    public ReplayRequest Request { get; } = request;

    public bool Overlaps { get; } = overlaps;

    public bool Wanted { get; } = wanted;

    public bool Answered { get; set; }

    /// <summary>Batches applied.</summary>
    public long Batches { get; set; }

    /// <summary>The engine's trust, from the moment on that something is known to be missing; null before.</summary>
    public EngineTrust? Trust { get; private set; }

    public void NoteMissing(DateTimeOffset now) => Trust = new EngineTrust(
        TrustState.Recovering,
        string.Create(CultureInfo.InvariantCulture, $"batches from sequence {Request.Start} on are being fetched again"),
        now);
}
