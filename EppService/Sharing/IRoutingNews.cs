using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.EppService.Sharing;

/// <summary>What a decision tells for other replicas of the router. Called by any thread, in the midst of a decision.</summary>
internal interface IRoutingNews
{
    /// <summary>Loads are about to be weighed: what others said of them counts by its age at this moment.</summary>
    void Deciding();

    /// <summary>A prefix was routed that its engine has not announced yet.</summary>
    /// <param name="endpoint">The endpoint's name in all replicas.</param>
    /// <param name="rank">The rank that was named to it; null where the engine chooses.</param>
    /// <param name="keys">Its blocks beyond those that the engine is known to hold; on loan.</param>
    void Routed(string endpoint, int? rank, ReadOnlySpan<BlockKey> keys);
}

/// <summary>The node is alone: nobody is told.</summary>
internal sealed class NoReplicas : IRoutingNews
{
    public void Deciding()
    {
    }

    public void Routed(string endpoint, int? rank, ReadOnlySpan<BlockKey> keys)
    {
    }
}
