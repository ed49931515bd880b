using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.EppService.Admin.Prometheus;
using OrleansKvRouter.EppService.Listeners;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>The admin listener: health, metrics, the API and the dashboard. It reads the node and changes nothing.</summary>
internal sealed class AdminServer : IHostedService, IAsyncDisposable
{
    private static readonly string[] Readable = [HttpMethods.Get, HttpMethods.Head];

    private readonly WebListener _listener;
    private readonly DecisionHistory _history;
    private readonly AdminInstruments _instruments;

    public AdminServer(
        IPEndPoint address, INodeView node, DecisionLog decisions, PrometheusExporter metrics, IEnumerable<IAdminPages> more, TimeProvider time, ILoggerFactory loggers)
    {
        _history = new DecisionHistory(decisions, time);
        _instruments = new AdminInstruments(node, metrics);
        var logger = loggers.CreateLogger<AdminServer>();
        _listener = new WebListener(address, loggers, static _ => { }, static services => services.AddRoutingCore(), app =>
        {
            app.Use(next => context => Problems.CatchAsync(context, next, logger));
            app.UseRouting();
            MapHealth(app, new HealthPages(node, metrics));
            MapApi(app, new PoolApi(node), new NodeApi(node, decisions, _history));
            foreach (var file in DashboardFile.All) app.MapMethods(file.Path, Readable, file.WriteAsync);
            foreach (var pages in more) pages.MapTo(app);
        });
    }

    /// <summary>Where it listens; valid once started.</summary>
    public IPEndPoint Address => _listener.Address;

    public Task StartAsync(CancellationToken cancellationToken) => _listener.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _listener.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _history.Dispose();
        _instruments.Dispose();
        await _listener.DisposeAsync();
    }

    private static void MapHealth(WebApplication app, HealthPages health)
    {
        app.MapMethods("/livez", Readable, HealthPages.LiveAsync);
        app.MapMethods("/readyz", Readable, health.ReadyAsync);
        app.MapMethods("/metrics", Readable, health.MetricsAsync);
    }

    private static void MapApi(WebApplication app, PoolApi pools, NodeApi node)
    {
        app.MapMethods("/api/pools", Readable, pools.ListAsync);
        app.MapMethods("/api/pools/{pool}", Readable, pools.GetAsync);
        app.MapPost("/api/pools/{pool}/explain", pools.ExplainAsync);
        app.MapMethods("/api/node", Readable, node.StatusAsync);
        app.MapMethods("/api/decisions", Readable, node.DecisionsAsync);
        app.MapMethods("/api/history", Readable, node.HistoryAsync);
    }
}
