using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>Makes this silo's view of a pool's spread index, and keeps the pool's slices active while there is one.</summary>
internal sealed class SlicedIndexes(
    SliceHosting hosting, SliceKeeper keeper, IGrainFactory grains, Silos silos, SliceWhereabouts whereabouts, SlicedIndexOptions options, SliceInstruments instruments, TimeProvider time)
{
    /// <param name="pool">The pool.</param>
    /// <param name="scheme">What its keys are made with at present, as 64 bits.</param>
    public SlicedIndex Open(PoolKey pool, Func<ulong> scheme)
    {
        keeper.Keep(pool);
        return new SlicedIndex(hosting.Of(pool), new SliceLinks(pool, grains, silos, whereabouts), scheme, options with { Slices = pool.Slices }, instruments, time);
    }

    public void Close(PoolKey pool, SlicedIndex index)
    {
        index.Dispose();
        keeper.Forget(pool);
    }
}
