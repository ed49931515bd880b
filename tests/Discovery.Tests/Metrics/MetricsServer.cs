using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling.Model;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Discovery.Metrics;

/// <summary>An engine's <c>/metrics</c> on a loopback address of its own.</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _scrapes;

    private MetricsServer(WebApplication app) => _app = app;

    public Candidate Candidate { get; private set; } = null!;

    public EndpointLoad Load => Candidate.Load;

    public int Scrapes => Volatile.Read(ref _scrapes);

    /// <summary>Answers a scrape; any thread may replace it.</summary>
    public volatile Func<HttpContext, Task> Answer = _ => Task.CompletedTask;

    public static async Task<MetricsServer> StartAsync(string ip)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(ip), 0));
        var server = new MetricsServer(builder.Build());
        server._app.Run(context =>
        {
            Interlocked.Increment(ref server._scrapes);
            return context.Request.Path == "/metrics" ? server.Answer(context) : Task.FromException(new InvalidOperationException(context.Request.Path));
        });
        await server._app.StartAsync();
        var port = new Uri(server._app.Urls.Single()).Port;
        server.Candidate = new Candidate(new EndpointSpec("default", $"pod-{ip}", "", ip, port, 0, new Dictionary<string, string>(), true), new HolderId(0), new EndpointLoad());
        return server;
    }

    public void Say(int waiting, int running, double usage) =>
        Answer = context => context.Response.WriteAsync(FormattableString.Invariant(
            $"vllm:num_requests_waiting{{engine=\"0\"}} {waiting}\nvllm:num_requests_running{{engine=\"0\"}} {running}\nvllm:kv_cache_usage_perc{{engine=\"0\"}} {usage}\n"));

    /// <summary>Ends it without waiting for answers that may never come.</summary>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
