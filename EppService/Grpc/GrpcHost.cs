using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EppService.Grpc;

/// <summary>Where and how a <see cref="GrpcHost"/> listens.</summary>
internal sealed record GrpcListener
{
    /// <summary>The address and port; port 0 takes a free one.</summary>
    public required IPEndPoint Address { get; init; }

    /// <summary>Serve over TLS with this certificate; null: plaintext HTTP/2 (h2c).</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>How long calls in flight may go on once the host is told to stop.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// One listening address that serves gRPC methods and nothing else. Each has a web host of its own: Kestrel's limits
/// belong to a server, and those that suit a data plane's few connections with very many long streams do not suit an
/// admin page or a proxy for clients.
/// </summary>
internal sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly CancellationTokenSource _stopping;

    private GrpcHost(WebApplication web, CancellationTokenSource stopping) => (_web, _stopping) = (web, stopping);

    /// <summary>The port that is listened on.</summary>
    public int Port => new Uri(_web.Urls.Single()).Port;

    /// <summary>Starts to listen; the fault names an address that cannot be had.</summary>
    public static async Task<Expected<GrpcHost>> StartAsync(
        GrpcListener listener, IEnumerable<GrpcMethod> methods, ILoggerFactory loggers, TimeProvider time)
    {
        var stopping = new CancellationTokenSource();
        var server = new GrpcServer(methods, time, loggers.CreateLogger<GrpcServer>(), stopping.Token);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = listener.DrainTimeout);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, listener));
        var web = builder.Build();
        web.Run(server.InvokeAsync);

        var host = new GrpcHost(web, stopping);
        try
        {
            await web.StartAsync();
            return host;
        }
        catch (IOException e)
        {
            await host.DisposeAsync();
            return new Fault($"cannot listen on {listener.Address}: {e.Message}", "free the port or choose another address");
        }
    }

    /// <summary>Takes no new calls, lets those in flight finish within the drain timeout, then cuts them off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _web.StopAsync();
        await _web.DisposeAsync();
        _stopping.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, GrpcListener listener)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        // A stream lasts as long as its HTTP request does at the engine, and one connection carries all of a data plane
        // worker's: neither their number nor their length or slowness may be held against them.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.Http2.MaxStreamsPerConnection = 65_536;
        // A 1 MiB body arrives without waiting for a window update; a connection has room for sixteen such at once.
        limits.Http2.InitialStreamWindowSize = 1 << 20;
        limits.Http2.InitialConnectionWindowSize = 16 << 20;
        // An idle connection is kept, a dead one is noticed: its streams count requests as in flight.
        limits.KeepAliveTimeout = TimeSpan.FromHours(1);
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        kestrel.Listen(listener.Address, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            if (listener.Certificate is { } certificate) endpoint.UseHttps(certificate);
        });
    }

    /// <summary>The node decides when its listeners stop; a host of its own accord would at the first signal.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
