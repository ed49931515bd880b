using System.Collections.Concurrent;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>Every pool's index is spread over the silos.</summary>
internal sealed class ClusterIndexes(SlicedIndexes indexes, SlicedIndexOptions options) : IPoolIndexes
{
    private readonly ConcurrentDictionary<IBlockIndex, PoolKey> _open = new(ReferenceEqualityComparer.Instance);

    public IBlockIndex Open(PoolSpec pool, PoolKeyScheme scheme)
    {
        var tokens = pool.Policy.TokenProcessor;
        var key = PoolKey.Of($"{pool.Namespace}/{pool.Name}", tokens.HashAlgorithm, tokens.BlockSize, tokens.HashSeed, options.Slices);
        var index = indexes.Open(key, new SchemeNumber(scheme).Now);
        _open[index] = key;
        return index;
    }

    public void Close(IBlockIndex index)
    {
        if (_open.TryRemove(index, out var key)) indexes.Close(key, (SlicedIndex)index);
    }
}
