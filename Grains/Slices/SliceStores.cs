using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>Where slices' snapshots are kept: a place for each, which one silo has at a time.</summary>
/// <param name="open">Opens the place of these parts; null where nothing is kept. A failure is an <see cref="IOException"/>.</param>
public sealed class SliceStores(Func<string[], ISnapshotStore>? open)
{
    /// <summary>Null where nothing is kept.</summary>
    public ISnapshotStore? OfSlice(PoolKey pool, int slice) => open?.Invoke([pool.Text, $"slice {slice}"]);

    /// <summary>Null where nothing is kept.</summary>
    public ISnapshotStore? OfEngine(PoolKey pool, string engine) => open?.Invoke([pool.Text, $"engine {engine}"]);
}
