using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Dashboard;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Listeners;
using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.Grains;
using OrleansKvRouter.Grains.Feeds;
using OrleansKvRouter.Grains.Gossip;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Silo.CommandLine;
using OrleansKvRouter.Silo.Dashboard;
using OrleansKvRouter.Silo.Membership;
using OrleansKvRouter.Silo.Routing;
using OrleansKvRouter.Silo.Schemes;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>The silo's composition: the node's own, and where it is part of a cluster other implementations of the node's ports.</summary>
internal static class SiloHost
{
    /// <summary>For what other silos are to take over, and for calls that are under way.</summary>
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(10);

    /// <param name="options">What the silo is told.</param>
    /// <param name="resources">The documents as they are at the start, without errors.</param>
    /// <param name="membership">Where the list of silos is.</param>
    /// <param name="data">Where snapshots are kept; null: nowhere.</param>
    public static IHost Create(ClusterNodeOptions options, LoadResult resources, DataPlace membership, DataPlace? data)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services
            .AddKvRouter(options.Node, resources)
            .AddLogging(logging => ConfigureLogging(logging, options.Node.LogLevel))
            .AddSingleton<IHostLifetime, OwnersLifetime>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = LeaveTimeout)
            .AddSingleton(new SlicedIndexOptions { Slices = options.Slices, WalkPatience = options.WalkPatience })
            .AddSingleton(new SliceHostingOptions { Index = IndexOf(options), SnapshotInterval = options.Node.SnapshotInterval })
            .AddSingleton(new SliceStores(data is null ? null : parts => data.Snapshots.Open(SnapshotPlace.Of(parts))))
            .AddSingleton(services => ActivatorUtilities.CreateInstance<SchemeAgreement>(services, membership))
            .AddSingleton<IHostedService>(services => services.GetRequiredService<SchemeAgreement>())
            .AddSingleton<IPoolIndexes, ClusterIndexes>()
            .AddSingleton<IEngineDirectory, NodeEngines>()
            .AddReplicaSharing(new SharingOptions { Replica = Guid.NewGuid().ToString("n") })
            .AddSingleton<IGossipTopic, RoutingTopic>()
            .AddSingleton<IStartCondition, ShareTaken>();
        builder.UseOrleans(silo =>
        {
            silo.ConfigureEndpoints(options.Address.Address, options.Address.Port, gatewayPort: 0);
            silo.Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = options.Cluster);
            silo.Services
                .AddSingleton<IMembershipTable>(new DocumentMembershipTable(membership.Document($"membership-{options.Cluster}")))
                .AddSingleton<IFatalErrorHandler, DeadSilo>();
            silo.AddKvRouterGrains().AddKvRouterFeeds();
            if (options.Dashboard) AddDashboard(silo);
        });
        var host = builder.Build();
        host.Services.GetRequiredService<SharingInstruments>();
        return host;
    }

    /// <summary>Makes the silo one of the cluster's; the fault where that cannot be.</summary>
    public static async Task<Fault?> JoinAsync(IHost host, ClusterNodeOptions options)
    {
        try
        {
            await host.StartAsync();
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new Fault($"the silo at {options.Address} cannot join cluster {options.Cluster}: {e.GetBaseException().Message}", "see that its address is free, and that the other silos and what --membership names can be reached");
        }
    }

    /// <summary>Without its trace of the log, which is on stderr, and which would let any page in a browser read along.</summary>
    private static void AddDashboard(ISiloBuilder silo)
    {
        silo.AddDashboard(dashboard => dashboard.HideTrace = true);
        silo.Services.AddSingleton<IAdminPages, OrleansDashboardPages>();
    }

    /// <summary>Hands over what the silo has and takes it from the list. Null when that is done; the fault where it could not be in time.</summary>
    public static async Task<Fault?> LeaveAsync(IHost host)
    {
        try
        {
            // Orleans tries for minutes to reach a list of silos that is gone, whatever it was told of time.
            await host.StopAsync().WaitAsync(LeaveTimeout);
            await ((IAsyncDisposable)host).DisposeAsync().AsTask().WaitAsync(LeaveTimeout);
            return null;
        }
        catch (TimeoutException)
        {
            return new Fault($"the silo could not leave in {LeaveTimeout.TotalSeconds:0} s; the others will notice that it is gone", "see that what --membership names can be reached");
        }
    }

    /// <summary>Of Orleans what needs attention. Its advice on the collector, and a watchdog whose first look is always late, do not.</summary>
    private static void ConfigureLogging(ILoggingBuilder logging, LogLevel level) => logging
        .AddFilter("Orleans", LogLevel.Warning)
        .AddFilter("Orleans.Runtime.Silo", LogLevel.Error)
        .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error)
        .AddFilter("Polly", LogLevel.Critical)
        .AddFilter("OrleansKvRouter", level)
        // What Orleans says of its ring in the name of the service.
        .AddFilter(typeof(GossipService).FullName, LogLevel.Warning);

    /// <summary>A pool's bound holds for all its slices together, wherever they are.</summary>
    private static IndexOptions IndexOf(ClusterNodeOptions options) => new() { MaxBytes = options.Node.IndexMemory / options.Slices, HugePages = options.Node.HugePages };
}
