using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansKvRouter.Grains;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Tests.Cluster.InProcess;

/// <summary>Three silos in this process with the router's grains, for a test class.</summary>
public sealed class ThreeSilos : IAsyncLifetime
{
    private int _pools;

    internal InProcessTestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(new SlicedIndexOptions { WalkPatience = TimeSpan.FromMinutes(1), CheckInterval = TimeSpan.FromMilliseconds(100) });
            silo.AddKvRouterGrains();
        });
        Cluster = builder.Build();
        await Cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    /// <summary>A pool that nobody has used before.</summary>
    internal PoolKey NewPool() => PoolKey.Of($"default/pool-{Interlocked.Increment(ref _pools)}", "auto", 16, null, SliceMap.DefaultSlices);

    /// <summary>A silo's view of a pool's index.</summary>
    internal SlicedIndex Open(PoolKey pool, int silo = 0) => ServiceOf<SlicedIndexes>(silo).Open(pool, () => 1);

    internal T ServiceOf<T>(int silo)
        where T : notnull => Cluster.Silos[silo].ServiceProvider.GetRequiredService<T>();
}
