using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Where one engine's events go: the pool's index, the holder that stands for the engine in it, and the key scheme
/// that its hashes are checked against. The node creates one per endpoint and retires it when the endpoint leaves;
/// the feed is the only writer of <see cref="Status"/>.
/// </summary>
public sealed class FeedTarget(string pool, string endpoint, IBlockIndex index, HolderId holder, PoolKeyScheme scheme, int blockSize)
{
    private volatile bool _retired;

    public string Pool { get; } = pool;

    /// <summary>The pod's <c>namespace/name</c>, for logs.</summary>
    public string Endpoint { get; } = endpoint;

    public IBlockIndex Index { get; } = index;

    public HolderId Holder { get; } = holder;

    public PoolKeyScheme Scheme { get; } = scheme;

    /// <summary>Tokens a block in the pool.</summary>
    public int BlockSize { get; } = blockSize;

    public FeedStatus Status { get; } = new();

    /// <summary>True once the endpoint is gone: its holder is no longer the feed's to write to.</summary>
    public bool Retired => _retired;

    /// <summary>Held by the feed while it applies a batch.</summary>
    internal Lock Writing { get; } = new();

    /// <summary>On return the feed does not write to the holder any more: it may be taken out of the index.</summary>
    public void Retire()
    {
        lock (Writing) _retired = true;
    }
}
