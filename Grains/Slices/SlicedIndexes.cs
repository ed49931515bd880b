using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>Makes this silo's view of a pool's spread index, and keeps the pool's slices active while there is one.</summary>
internal sealed class SlicedIndexes(
    SliceHosting hosting, SliceKeeper keeper, IGrainFactory grains, Silos silos, SlicedIndexOptions options, SliceInstruments instruments, TimeProvider time)
{
    public SlicedIndex Open(PoolKey pool)
    {
        keeper.Keep(pool);
        return new SlicedIndex(hosting.Of(pool), new SliceLinks(pool, grains, silos), options with { Slices = pool.Slices }, instruments, time);
    }

    public void Close(PoolKey pool, SlicedIndex index)
    {
        index.Dispose();
        keeper.Forget(pool);
    }
}
