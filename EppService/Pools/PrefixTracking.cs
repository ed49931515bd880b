using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// What a pool in <c>tracking</c> mode needs to know its engines' caches: the key function, the index, the model.
/// Lives as long as the policy's hashing does: another block size, seed or algorithm makes every key in the index another one.
/// </summary>
internal sealed record PrefixTracking(PoolKeyScheme Scheme, int BlockSize, IBlockIndex Index, ModelHandle Model)
{
    /// <summary>What was routed and is not announced yet.</summary>
    public RoutedPrefixes Routed { get; } = new();
}
