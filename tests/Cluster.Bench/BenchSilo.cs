using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using OrleansKvRouter.Grains;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Tests.Cluster.Bench;

/// <summary>A silo with the router's grains, its list of silos in the memory of the first.</summary>
internal static class BenchSilo
{
    /// <summary>The pool that is measured, with the same number of slices as pools have by default.</summary>
    public static PoolKey Pool { get; } = PoolKey.Of("default/bench", "auto", 16, null, SliceMap.DefaultSlices);

    /// <param name="port">The silo's, on loopback.</param>
    /// <param name="primary">The first silo's.</param>
    public static async Task<(IHost Host, SlicedIndex Index)> StartAsync(int port, int primary)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services
            .AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Critical))
            // A walk that waits too long is to be seen in the figures, and not to be cut off.
            .AddSingleton(new SlicedIndexOptions { WalkPatience = TimeSpan.FromSeconds(10) });
        builder.UseOrleans(silo =>
        {
            silo.UseDevelopmentClustering(new IPEndPoint(IPAddress.Loopback, primary));
            silo.ConfigureEndpoints(IPAddress.Loopback, port, gatewayPort: 0);
            silo.Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = "bench");
            silo.AddKvRouterGrains();
        });
        var host = builder.Build();
        await host.StartAsync();
        return (host, host.Services.GetRequiredService<SlicedIndexes>().Open(Pool, () => 1));
    }
}
