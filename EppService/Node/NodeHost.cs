using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Metrics;
using OrleansKvRouter.Discovery.Watching;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Admin.Prometheus;
using OrleansKvRouter.EppService.CommandLine;
using OrleansKvRouter.EppService.ExtProc;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Gateway;
using OrleansKvRouter.EppService.Grpc;
using OrleansKvRouter.EppService.Health;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.EppService.Snapshots;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;

namespace OrleansKvRouter.EppService.Node;

/// <summary>Why a node did not start, and what the process should answer with.</summary>
internal sealed record NotStarted(Fault Fault, int ExitStatus);

/// <summary>Starts the node's parts in the order in which they need each other, and stops them in the reverse order.</summary>
internal sealed class NodeHost(IServiceProvider services, NodeOptions options, Readiness readiness, ILogger<NodeHost> log)
{
    /// <summary>How long requests in flight may take after SIGTERM.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);

    private readonly Stack<Func<CancellationToken, Task>> _stops = new();
    private volatile EventSubscriber? _events;

    /// <summary>Null when everything listens; else what is in the way, with everything stopped again.</summary>
    public async Task<NotStarted?> StartAsync()
    {
        var failure = await StartPartsAsync();
        if (failure is not null) await StopAsync();
        return failure;
    }

    /// <summary>Ends when the node can route.</summary>
    public async Task ReadyAsync()
    {
        await readiness.ModelsLoadedAsync();
        await readiness.ConditionsMetAsync();
        await services.GetRequiredService<WarmUp>().RunAsync();
        readiness.WarmedUp();
        log.NodeReady(options.ExtProc, options.Health, options.Admin, options.Gateway ?? "off", options.Events);
    }

    public async Task StopAsync()
    {
        readiness.Stopping();
        // One patience for all of them: what the first uses of it, the next do not have.
        using var patience = new CancellationTokenSource(DrainTimeout);
        while (_stops.TryPop(out var stop)) await stop(patience.Token);
    }

    private async Task<NotStarted?> StartPartsAsync()
    {
        // 0. Who counts. The exporter sees what is measured from now on.
        services.GetRequiredService<PrometheusExporter>();
        services.GetRequiredService<IndexInstruments>();
        services.GetRequiredService<SpeculationInstruments>();
        services.GetRequiredService<FeedbackInstruments>();

        // 1. What there is to route to, now and from now on.
        var resources = services.GetRequiredService<ResourceWatcher>();
        var registry = services.GetRequiredService<PoolRegistry>();
        var scraper = services.GetRequiredService<MetricsScraper>();

        // With each pool, what its engines held when it was last here. It stops writing after the last event.
        var snapshots = services.GetRequiredService<SnapshotService>();
        if (snapshots.Open() is { } noData) return new NotStarted(noData, ExitStatus.Failed);
        _stops.Push(_ =>
        {
            snapshots.Stop();
            return Task.CompletedTask;
        });
        Apply(resources.Current);
        if (snapshots.Unread is { } unread) return new NotStarted(unread, ExitStatus.Failed);
        resources.Changed += Apply;
        resources.Start();
        _stops.Push(_ => scraper.DisposeAsync().AsTask());
        _stops.Push(_ => resources.DisposeAsync().AsTask());

        // 2. Who looks on. They start early and stop last, so that a node that starts or drains can be watched.
        if (await ListenAsync<AdminServer>("--admin", options.Admin) is { } noAdmin) return noAdmin;
        if (await ListenAsync("--health", options.Health, address => Grpc(address, null, services.GetRequiredService<HealthService>().Methods)) is { } noHealth) return noHealth;

        // 3. What the engines say: caches and models (their load is scraped from the moment they are known).
        if (StartEvents(registry) is { } noEvents) return noEvents;
        snapshots.Start();
        var models = services.GetRequiredService<ServedModelsPoller>();
        await models.StartAsync(CancellationToken.None);
        _stops.Push(models.StopAsync);

        // 4. Who asks.
        X509Certificate2? certificate = null;
        if (options.Tls is { } tls && !ServerCertificate.FromOption(tls).Try(out certificate, out var noCertificate)) return new NotStarted(noCertificate, ExitStatus.BadInput);
        if (await ListenAsync("--ext-proc", options.ExtProc, address => Grpc(address, certificate, [services.GetRequiredService<ExternalProcessor>().Process])) is { } noExtProc) return noExtProc;
        if (options.Gateway is { } gateway && await ListenAsync<GatewayServer>("--gateway", gateway) is { } noGateway) return noGateway;
        return null;

        void Apply(ResourceSnapshot snapshot)
        {
            registry.Apply(snapshot);
            scraper.Update([.. registry.Pools.SelectMany(pool => pool.View.Candidates)]);
            _events?.Follow(registry.Feeds);
        }
    }

    private NotStarted? StartEvents(PoolRegistry registry)
    {
        var started = EventSubscriber.Start(
            new EventSubscriberOptions { Address = options.Events },
            registry,
            services.GetRequiredService<KvEventInstruments>(),
            services.GetRequiredService<ILogger<EventSubscriber>>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetService<IFeedSharing>());
        if (!started.Try(out var subscriber, out var fault)) return Failed("--events", fault);
        _stops.Push(_ =>
        {
            subscriber.Dispose();
            return Task.CompletedTask;
        });
        _events = subscriber;
        subscriber.Follow(registry.Feeds);
        return null;
    }

    private GrpcHost Grpc(IPEndPoint address, X509Certificate2? certificate, IEnumerable<GrpcMethod> methods) => new(
        address, certificate, methods, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>());

    private Task<NotStarted?> ListenAsync<T>(string option, string text)
        where T : IHostedService, IAsyncDisposable => ListenAsync(option, text, address => ActivatorUtilities.CreateInstance<T>(services, address));

    private async Task<NotStarted?> ListenAsync<T>(string option, string text, Func<IPEndPoint, T> create)
        where T : IHostedService, IAsyncDisposable
    {
        if (!IPEndPoint.TryParse(text, out var address)) return new NotStarted(new Fault($"{option} {text} is no address", "give ip:port, for example 127.0.0.1:9002"), ExitStatus.BadInput);
        var server = create(address);
        try
        {
            await server.StartAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await server.DisposeAsync();
            return Failed(option, new Fault($"cannot listen on {address}: {e.Message}", "free the port or choose another address"));
        }

        _stops.Push(async patience =>
        {
            await server.StopAsync(patience);
            await server.DisposeAsync();
        });
        return null;
    }

    private static NotStarted Failed(string option, Fault fault) => new(fault with { What = $"{option}: {fault.What}" }, ExitStatus.Failed);
}
