using System.Collections.Concurrent;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>The slices that this silo hosts, of all pools. Grains put them there; walks read them without a call.</summary>
public sealed class SliceHosting(TimeProvider time)
{
    private readonly ConcurrentDictionary<PoolKey, PoolSlices> _pools = new();

    public PoolSlices Of(PoolKey pool) => _pools.GetOrAdd(pool, key => new PoolSlices(key.Slices, time));

    /// <summary>Pools of which anything is known here.</summary>
    public IEnumerable<KeyValuePair<PoolKey, PoolSlices>> Pools => _pools;
}

/// <summary>How slices are hosted.</summary>
public sealed record SliceHostingOptions
{
    /// <summary>The index of each slice.</summary>
    public IndexOptions Index { get; init; } = new();

    /// <summary>How long after a snapshot of a slice the next is written.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often is looked whether everything is where it belongs.</summary>
    public TimeSpan ReviewInterval { get; init; } = TimeSpan.FromMilliseconds(500);
}
