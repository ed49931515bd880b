using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>
/// Sees to it that every slice that belongs on this silo is here, without anybody asking for it: after a silo was lost its slices are
/// loaded at once. Those that belong elsewhere leave by themselves.
/// </summary>
internal sealed class SliceKeeper(SliceHosting hosting, SliceHostingOptions options, IGrainFactory grains, Silos silos, TimeProvider time, ILogger<SliceKeeper> log) : Keeper(silos, options.ReviewInterval)
{
    private readonly ConcurrentDictionary<PoolKey, int> _pools = new();

    /// <summary>The pool is in use until <see cref="Forget"/>, which is called as often as this.</summary>
    public void Keep(PoolKey pool)
    {
        _pools.AddOrUpdate(pool, 1, (_, users) => users + 1);
        Wake();
    }

    public void Forget(PoolKey pool)
    {
        if (_pools.AddOrUpdate(pool, 0, (_, users) => users - 1) == 0) _pools.TryRemove(new KeyValuePair<PoolKey, int>(pool, 0));
    }

    /// <summary>Whether the pool is in use on this silo.</summary>
    public bool Keeps(PoolKey pool) => _pools.ContainsKey(pool);

    public override bool IsComplete => _pools.Keys.All(pool => Missing(pool).Length == 0);

    protected override Task ReviewAsync() => Task.WhenAll(_pools.Keys.SelectMany(pool => Missing(pool).Select(slice => EnsureAsync(pool, slice))));

    /// <summary>The slices of a pool that belong here and are not.</summary>
    private int[] Missing(PoolKey pool)
    {
        var (hosts, here) = (Silos.Active.HostsOf(pool), hosting.Of(pool));
        return [.. Enumerable.Range(0, hosts.Length).Where(slice => hosts[slice].Equals(Silos.Local) && here[slice] is null)];
    }

    private async Task EnsureAsync(PoolKey pool, int slice)
    {
        var name = pool.NameOf(slice);
        try
        {
            await grains.GetGrain<IBlockHashGrain>(name).EnsureAsync().WaitAsync(TimeSpan.FromSeconds(10), time);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or IOException)
        {
            // Its old silo is not known to be gone yet, or is on its way out: it is tried again.
            log.SliceNotActive(name, e.Message);
        }
    }
}
