using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.EppService.Listeners;

namespace OrleansKvRouter.EppService.Grpc;

/// <summary>One listening address that serves gRPC methods and nothing else.</summary>
internal sealed class GrpcHost : IHostedService, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebListener _listener;

    /// <param name="address">Where to listen; port 0 takes a free one.</param>
    /// <param name="certificate">Serve over TLS with this certificate; null: plaintext HTTP/2 (h2c).</param>
    /// <param name="methods">What to answer.</param>
    /// <param name="time">The clock that deadlines run by.</param>
    /// <param name="loggers">Whose loggers the server uses.</param>
    public GrpcHost(IPEndPoint address, X509Certificate2? certificate, IEnumerable<GrpcMethod> methods, TimeProvider time, ILoggerFactory loggers)
    {
        var server = new GrpcServer(methods, time, loggers.CreateLogger<GrpcServer>(), _stopping.Token);
        _listener = new WebListener(address, loggers, static kestrel => SetLimits(kestrel.Limits), static _ => { }, app => app.Run(server.InvokeAsync), endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            if (certificate is not null) endpoint.UseHttps(certificate);
        });
    }

    /// <summary>Where it listens; valid once started.</summary>
    public IPEndPoint Address => _listener.Address;

    public Task StartAsync(CancellationToken cancellationToken) => _listener.StartAsync(cancellationToken);

    /// <summary>
    /// Takes no new calls and lets those in flight finish until <paramref name="cancellationToken"/> says otherwise;
    /// then they are cut off.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _listener.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>
    /// A stream lasts as long as its HTTP request does at the engine, and one connection carries all of a data plane
    /// worker's: neither their number nor their length or slowness may be held against them.
    /// </summary>
    private static void SetLimits(KestrelServerLimits limits)
    {
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
    }
}
