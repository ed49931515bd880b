using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// What is known of one engine's event stream. One writer (the feed), any number of readers; each value is read
/// atomically, the set of them is not.
/// </summary>
public sealed class FeedStatus
{
    private long _cursor = -1;
    private int _extraKeys = -1;
    private long _batches;
    private long _lost;
    private long _malformed;
    private long _replayed;
    private long _purges;
    private long _removed;
    private int _wire;
    private volatile EngineTrust _trust = EngineTrust.Unverified("no first block of a prompt has been seen yet");

    /// <summary>Sequence number of the last applied batch; −1 before the first.</summary>
    public long Cursor { get => Volatile.Read(ref _cursor); set => Volatile.Write(ref _cursor, value); }

    /// <summary>Batches applied.</summary>
    public long Batches { get => Volatile.Read(ref _batches); set => Volatile.Write(ref _batches, value); }

    /// <summary>Batches that the sequence numbers say were published, that never arrived and could not be fetched again.</summary>
    public long Lost { get => Volatile.Read(ref _lost); set => Volatile.Write(ref _lost, value); }

    /// <summary>Payloads that could not be decoded.</summary>
    public long Malformed { get => Volatile.Read(ref _malformed); set => Volatile.Write(ref _malformed, value); }

    /// <summary>Batches that were fetched from the engine's replay socket and applied.</summary>
    public long Replayed { get => Volatile.Read(ref _replayed); set => Volatile.Write(ref _replayed, value); }

    /// <summary>Times that all blocks of the engine were taken out because what it said could no longer be relied on.</summary>
    public long Purges { get => Volatile.Read(ref _purges); set => Volatile.Write(ref _purges, value); }

    /// <summary>Blocks that the engine said it removed, or that were taken from it at once (a clear, a restart, distrust).</summary>
    public long Removed { get => Volatile.Read(ref _removed); set => Volatile.Write(ref _removed, value); }

    /// <summary>The form of the last batch that announced blocks.</summary>
    public WireForm Wire { get => WireForm.Unpack(Volatile.Read(ref _wire)); set => Volatile.Write(ref _wire, value.Pack()); }

    /// <summary>How the engine forms extra keys, as its events show it; null while they do not.</summary>
    public ExtraKeyEra? ExtraKeys => Volatile.Read(ref _extraKeys) is >= 0 and var seen ? (ExtraKeyEra)seen : Wire.ExtraKeys;

    /// <summary>Notes what an event's own extra keys show; null forgets it.</summary>
    internal void NoteExtraKeys(ExtraKeyEra? era) => Volatile.Write(ref _extraKeys, (int?)era ?? -1);

    /// <summary>What the stream itself shows; <see cref="FeedTarget.Standing"/> is all that is known.</summary>
    public EngineTrust Trust { get => _trust; set => _trust = value; }
}

/// <summary>How far what the index says of an engine can be relied on.</summary>
public enum TrustState
{
    /// <summary>The engine's hashes equal the pool's key function.</summary>
    Exact,

    /// <summary>The engine hashes differently; its hashes are mapped to keys.</summary>
    Mapped,

    /// <summary>Lost events are being fetched again.</summary>
    Recovering,

    /// <summary>Something was lost or contradicted, and what came since is not enough to rely on yet.</summary>
    Stale,

    /// <summary>Nothing could be checked yet.</summary>
    Unverified,
}

/// <summary>A trust state.</summary>
/// <param name="State">The state.</param>
/// <param name="Cause">Why; empty for <see cref="TrustState.Exact"/>.</param>
/// <param name="Since">Since when the engine is <see cref="TrustState.Recovering"/> or <see cref="TrustState.Stale"/>; else null.</param>
public sealed record EngineTrust(TrustState State, string Cause, DateTimeOffset? Since = null)
{
    public static EngineTrust Exact { get; } = new(TrustState.Exact, "");

    /// <summary>In what the engine's hashes or blocks differ from the pool's, where that is the cause.</summary>
    public SchemeParts Differs { get; init; }

    /// <summary>What the engine stored before it was first heard is not known: what is said of it is right but not all.</summary>
    public bool IsIncomplete { get; init; }

    public static EngineTrust Mapped(SchemeDifference difference) => new(TrustState.Mapped, difference.Cause) { Differs = difference.Parts };

    public static EngineTrust Unverified(string cause) => new(TrustState.Unverified, cause);
}
