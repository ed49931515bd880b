using System.Collections.Concurrent;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Silo.Schemes;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>Every pool's index is spread over the silos.</summary>
internal sealed class ClusterIndexes(SlicedIndexes indexes, SchemeAgreement agreement, SlicedIndexOptions options) : IPoolIndexes
{
    private readonly ConcurrentDictionary<IBlockIndex, (PoolKey Key, PoolKeyScheme Scheme)> _open = new(ReferenceEqualityComparer.Instance);

    public IBlockIndex Open(PoolSpec pool, PoolKeyScheme scheme)
    {
        var tokens = pool.Policy.TokenProcessor;
        var key = PoolKey.Of($"{pool.Namespace}/{pool.Name}", tokens.HashAlgorithm, tokens.BlockSize, tokens.HashSeed, options.Slices);
        agreement.Follow(key, scheme);
        var index = indexes.Open(key, new SchemeNumber(scheme).Now);
        _open[index] = (key, scheme);
        return index;
    }

    public void Close(IBlockIndex index)
    {
        if (!_open.TryRemove(index, out var pool)) return;
        indexes.Close(pool.Key, (SlicedIndex)index);
        agreement.Forget(pool.Scheme);
    }
}
