using System.Globalization;
using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>What a replay is for.</summary>
internal enum RecoveryPurpose
{
    /// <summary>The engine is only asked whether there is more.</summary>
    Check,

    /// <summary>The engine was not heard yet by this process: it is asked for all that it has, or for what came after a snapshot.</summary>
    Meeting,

    /// <summary>Batches are known to be missing.</summary>
    Gap,

    /// <summary>What came before the first batch that counts could not be had, and is asked for again.</summary>
    History,

    /// <summary>What was known of the engine was wrong, and is learnt once more.</summary>
    Rebuild,
}

/// <summary>A replay under way, as the engine's delivery sees it.</summary>
/// <param name="request">What was asked.</param>
/// <param name="purpose">What it is for.</param>
/// <param name="overlaps">The last applied batch was asked for again, to see whether the same process counts.</param>
/// <param name="live">The numbers that arrived before.</param>
internal sealed class Recovery(ReplayRequest request, RecoveryPurpose purpose, bool overlaps, SequenceTracker live)
{
    /// <summary>Follows what is held.</summary>
    public SequenceTracker Live = live;

    public ReplayRequest Request { get; } = request;

    public RecoveryPurpose Purpose { get; } = purpose;

    public bool Overlaps { get; } = overlaps;

    /// <summary>All over: what is known of the engine is forgotten with the first answer.</summary>
    public bool Rebuilds => Purpose is RecoveryPurpose.History or RecoveryPurpose.Rebuild;

    /// <summary>Whether it was begun because batches are known to be missing: where it brings none, they are not to be had.</summary>
    public bool FillsHole => Purpose is not (RecoveryPurpose.Check or RecoveryPurpose.Meeting);

    public bool Answered { get; set; }

    /// <summary>Batches applied.</summary>
    public long Batches { get; set; }

    /// <summary>The engine's trust, from the moment on that something is known to be missing; null before.</summary>
    public EngineTrust? Trust { get; private set; }

    public void NoteMissing(DateTimeOffset now) => Trust = new EngineTrust(
        TrustState.Recovering,
        Purpose == RecoveryPurpose.Meeting && !Overlaps
            ? $"{Request.Address} is asked for what the engine has published"
            : string.Create(CultureInfo.InvariantCulture, $"batches from sequence {Request.Start} on are being fetched again"),
        now);
}
