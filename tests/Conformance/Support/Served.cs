using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.ExtProc;
using OrleansKvRouter.EppService.Grpc;
using OrleansKvRouter.EppService.Health;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>The router's gRPC front end, listening on a free port of loopback.</summary>
internal sealed class Served : IAsyncDisposable
{
    private readonly ExtProcInstruments _instruments = new();

    private Served(IEndpointPicker picker, Func<bool> isReady, X509Certificate2? certificate)
    {
        var processor = new ExternalProcessor(picker, new ExtProcOptions(), _instruments);
        var health = new HealthService(isReady, TimeProvider.System);
        Host = new GrpcHost(
            new IPEndPoint(IPAddress.Loopback, 0), certificate, [processor.Process, .. health.Methods], TimeProvider.System, NullLoggerFactory.Instance);
    }

    public GrpcHost Host { get; }

    public string Address => Host.Address.ToString();

    public static async Task<Served> StartAsync(IEndpointPicker picker, Func<bool> isReady, X509Certificate2? certificate = null)
    {
        var served = new Served(picker, isReady, certificate);
        await served.Host.StartAsync(CancellationToken.None);
        return served;
    }

    public async ValueTask DisposeAsync()
    {
        using var drain = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await Host.StopAsync(drain.Token);
        await Host.DisposeAsync();
        _instruments.Dispose();
    }
}
