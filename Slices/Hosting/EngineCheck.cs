namespace OrleansKvRouter.Slices.Hosting;

/// <summary>What a silo knows of an engine when it asks a slice how far that is.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Token">The asker's token where it is the engine's owner; 0 where it only wants to know.</param>
/// <param name="Sent">The last that the owner has sent to the slice.</param>
/// <param name="Stream">How far the engine's stream is.</param>
internal readonly record struct EngineCheck(EngineId Engine, long Token, EnginePosition Sent, EnginePosition Stream);

/// <summary>How an engine stands in a slice.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Token">Its owner's.</param>
/// <param name="Position">How far the slice is.</param>
internal sealed record EngineStanding(EngineId Engine, long Token, EnginePosition Position)
{
    /// <summary>By tier, distinct blocks.</summary>
    public long[] Held { get; } = new long[HolderTag.Tiers];

    /// <summary>By tier, blocks that were dropped to keep the slice within its bound.</summary>
    public long[] Dropped { get; } = new long[HolderTag.Tiers];
}
