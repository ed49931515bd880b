namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// What is known of one engine's event stream. One writer (the feed), any number of readers; each value is read
/// atomically, the set of them is not.
/// </summary>
public sealed class FeedStatus
{
    private long _cursor = -1;
    private long _batches;
    private long _lost;
    private long _malformed;
    private volatile EngineTrust _trust = EngineTrust.Unverified("no first block of a prompt has been seen yet");

    /// <summary>Sequence number of the last applied batch; −1 before the first.</summary>
    public long Cursor { get => Volatile.Read(ref _cursor); set => Volatile.Write(ref _cursor, value); }

    /// <summary>Batches applied.</summary>
    public long Batches { get => Volatile.Read(ref _batches); set => Volatile.Write(ref _batches, value); }

    /// <summary>Batches that the sequence numbers say were published and that never arrived.</summary>
    public long Lost { get => Volatile.Read(ref _lost); set => Volatile.Write(ref _lost, value); }

    /// <summary>Payloads that could not be decoded.</summary>
    public long Malformed { get => Volatile.Read(ref _malformed); set => Volatile.Write(ref _malformed, value); }

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

    /// <summary>Something was lost or contradicted; the index may claim blocks that the engine no longer has.</summary>
    Stale,

    /// <summary>Nothing could be checked yet.</summary>
    Unverified,
}

/// <summary>A trust state with its cause, empty for <see cref="TrustState.Exact"/>.</summary>
public sealed record EngineTrust(TrustState State, string Cause)
{
    public static EngineTrust Exact { get; } = new(TrustState.Exact, "");

    public static EngineTrust Unverified(string cause) => new(TrustState.Unverified, cause);
}
