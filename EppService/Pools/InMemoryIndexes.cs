using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>Every pool's index is whole in this process's memory.</summary>
internal sealed class InMemoryIndexes(IndexOptions options) : IPoolIndexes
{
    public IBlockIndex Open(PoolSpec pool) => new InMemoryBlockIndex(options);

    public void Close(IBlockIndex index) => ((InMemoryBlockIndex)index).Close();
}
