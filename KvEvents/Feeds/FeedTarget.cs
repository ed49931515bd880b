using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Where one engine's events go: the pool's index, the holder that stands for the engine in it, and the key scheme
/// that its hashes are checked against. The node creates one per endpoint and retires it when the endpoint leaves;
/// <see cref="Status"/> is written under <see cref="Writing"/>, by the feed but for <see cref="Distrust"/>.
/// </summary>
public sealed class FeedTarget(string pool, string endpoint, IBlockIndex index, HolderId holder, PoolKeyScheme scheme, int blockSize)
{
    private volatile bool _retired;
    private volatile EngineTrust? _contradiction;

    public string Pool { get; } = pool;

    /// <summary>The pod's <c>namespace/name</c>, for logs.</summary>
    public string Endpoint { get; } = endpoint;

    public IBlockIndex Index { get; } = index;

    public HolderId Holder { get; } = holder;

    public PoolKeyScheme Scheme { get; } = scheme;

    /// <summary>Tokens a block in the pool.</summary>
    public int BlockSize { get; } = blockSize;

    /// <summary>Where the engine publishes and replays; null where nothing but what it sends is known.</summary>
    public EngineSockets? Sockets { get; init; }

    public FeedStatus Status { get; } = new();

    /// <summary>How far the engine is believed: what its stream shows, unless its answers contradict that.</summary>
    public EngineTrust Standing => _contradiction ?? Status.Trust;

    /// <summary>True once the endpoint is gone: its holder is no longer the feed's to write to.</summary>
    public bool Retired => _retired;

    /// <summary>Held by the feed while it applies a batch.</summary>
    internal Lock Writing { get; } = new();

    /// <summary>
    /// The engine's answers show that it does not hold what its events said. What is known of it is forgotten, and until
    /// <see cref="Trust"/> it is stale. Any thread may call it.
    /// </summary>
    /// <returns>False when the endpoint is gone: nothing was done.</returns>
    public bool Distrust(string cause, DateTimeOffset now)
    {
        lock (Writing)
        {
            if (_retired) return false;
            Forget();
            _contradiction = new EngineTrust(TrustState.Stale, cause, _contradiction?.Since ?? now);
            return true;
        }
    }

    /// <summary>The engine's answers agree with its events again.</summary>
    public void Trust()
    {
        lock (Writing) _contradiction = null;
    }

    /// <summary>Takes back all that the index says of the engine, under <see cref="Writing"/>. Returns how many blocks that were.</summary>
    internal long Forget()
    {
        var blocks = Index.BlocksHeld(Holder);
        Status.Removed += blocks;
        Index.Clear(Holder);
        return blocks;
    }

    /// <summary>On return the feed does not write to the holder any more: it may be taken out of the index.</summary>
    public void Retire()
    {
        lock (Writing) _retired = true;
    }
}
