using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Discovery;
using OrleansKvRouter.Discovery.Engines;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.Discovery.Metrics;
using OrleansKvRouter.Discovery.Watching;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Admin.Prometheus;
using OrleansKvRouter.EppService.ExtProc;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Gateway;
using OrleansKvRouter.EppService.Health;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.EppService.Snapshots;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Scheduling;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.EppService.Node;

/// <summary>The node's composition: what every way of running it shares.</summary>
internal static class KvRouterServices
{
    /// <param name="services">Where the parts go.</param>
    /// <param name="options">The node's settings.</param>
    /// <param name="resources">The documents as they are at the start, without errors.</param>
    public static IServiceCollection AddKvRouter(this IServiceCollection services, NodeOptions options, LoadResult resources) => services
        .AddSingleton(options)
        .AddSingleton(TimeProvider.System)
        .AddLogging(logging => ConfigureLogging(logging, options.LogLevel))
        .AddPools(options, resources)
        .AddRouting(options)
        .AddFrontEnds()
        .AddSingleton<Readiness>()
        .AddSingleton<INodeView, NodeView>()
        .AddSingleton<NodeHost>();

    /// <summary>Shares load and routing with other replicas, for a node that has some: somebody carries what they tell each other.</summary>
    public static IServiceCollection AddReplicaSharing(this IServiceCollection services, SharingOptions options) => services
        .AddSingleton(options)
        .AddSingleton<ReplicaSharing>()
        .AddSingleton<IRoutingNews>(provider => provider.GetRequiredService<ReplicaSharing>())
        .AddSingleton<SharingInstruments>();

    private static void ConfigureLogging(ILoggingBuilder logging, LogLevel level) => logging
        .SetMinimumLevel(level)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddConsoleFormatter<LogLines, ConsoleFormatterOptions>()
        .AddConsole(console => console.FormatterName = LogLines.FormatterName)
        // stdout is for "ready" and for answers.
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

    private static IServiceCollection AddPools(this IServiceCollection services, NodeOptions options, LoadResult resources) => services
        .AddSingleton<IPoolIndexes>(new InMemoryIndexes(new IndexOptions { MaxBytes = options.IndexMemory, HugePages = options.HugePages }))
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<ModelStore>(provider, options.Models ?? ""))
        .AddSingleton<Func<FeedTarget, PredictionLedger>>(provider => feed =>
            new PredictionLedger(feed, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PredictionLedger>>()))
        .AddSingleton<PoolRegistry>()
        .AddSingleton<IndexInstruments>()
        .AddSingleton<SpeculationInstruments>()
        .AddSingleton<FeedbackInstruments>()
        .AddSingleton<SnapshotInstruments>()
        .AddSingleton<Func<string, Expected<DataPlace>>>(data => DataPlace.Open(data, KvIndex.Snapshots.Sharing.Alone))
        .AddSingleton<SnapshotService>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<ResourceWatcher>(provider, resources))
        .AddSingleton<DiscoveryInstruments>()
        .AddSingleton<KvEventInstruments>()
        .AddSingleton<ServedModelsClient>()
        .AddSingleton<ServedModelsPoller>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<MetricsScraper>(provider, new ScrapeOptions()));

    private static IServiceCollection AddRouting(this IServiceCollection services, NodeOptions options) => services
        .AddSingleton(provider => new PoolSelector(provider.GetRequiredService<PoolRegistry>(), options.Pool))
        .AddSingleton<Scheduler>()
        .AddSingleton<RoutingInstruments>()
        .AddSingleton(new DecisionLog())
        .AddSingleton<DecisionReport>()
        .AddSingleton<IRoutingNews, NoReplicas>()
        .AddSingleton<SpeculativeMatches>()
        .AddSingleton<PrefixFinder>()
        .AddSingleton<Explainer>()
        .AddSingleton<WarmUp>()
        .AddSingleton<IEndpointPicker, RequestRouter>();

    private static IServiceCollection AddFrontEnds(this IServiceCollection services) => services
        .AddSingleton<PrometheusExporter>()
        .AddSingleton(new ExtProcOptions())
        .AddSingleton<ExtProcInstruments>()
        .AddSingleton<ExternalProcessor>()
        .AddSingleton(new GatewayOptions())
        .AddSingleton(provider => new HealthService(() => provider.GetRequiredService<Readiness>().IsReady, provider.GetRequiredService<TimeProvider>()));
}
