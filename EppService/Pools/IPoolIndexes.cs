using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>Where pools have their indexes from. Any thread.</summary>
internal interface IPoolIndexes
{
    /// <summary>The index of a pool that is about to run.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="scheme">What its keys are made with, which may yet change.</param>
    IBlockIndex Open(PoolSpec pool, PoolKeyScheme scheme);

    /// <summary>The pool is gone or replaced, and its index of no use any more. Requests that are still under way find nothing there.</summary>
    void Close(IBlockIndex index);
}
