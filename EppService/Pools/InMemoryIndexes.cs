using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>Every pool's index is whole in this process's memory.</summary>
internal sealed class InMemoryIndexes(IndexOptions options) : IPoolIndexes
{
    public IBlockIndex Open(PoolSpec pool, PoolKeyScheme scheme) => new InMemoryBlockIndex(options);

    public void Close(IBlockIndex index) => ((InMemoryBlockIndex)index).Close();
}
