using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.ExtProc;
using OrleansKvRouter.EppService.Grpc;
using OrleansKvRouter.EppService.Health;
using OrleansKvRouter.Tests.Conformance.Support;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.Grpc;

/// <summary>Listeners of their own: TLS, an address that is taken, and stopping.</summary>
public sealed class GrpcHostTests(ServedRouter router) : RouterTest(router)
{
    private static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    [Fact]
    public async Task Listener_SelfSigned_ServesAClientThatTrustsIt()
    {
        Assert.True(ServerCertificate.FromOption("self-signed").Try(out var certificate, out _));
        using var owned = certificate;
        await AssertServesTlsAsync("self-signed", certificate!.ExportCertificatePem());
    }

    [Fact]
    public async Task Listener_CertificateFiles_ServesAClientThatTrustsThem()
    {
        Assert.True(ServerCertificate.FromOption("self-signed").Try(out var certificate, out _));
        using var owned = certificate;
        var folder = Directory.CreateTempSubdirectory("kvrouter-tls-").FullName;
        var (cert, key) = (Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        await File.WriteAllTextAsync(cert, certificate!.ExportCertificatePem());
        using (ECDsa secret = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!)
        {
            await File.WriteAllTextAsync(key, secret.ExportPkcs8PrivateKeyPem());
        }

        await AssertServesTlsAsync($"{cert},{key}", await File.ReadAllTextAsync(cert));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("signed", "neither \"self-signed\" nor")]
    [InlineData("/nowhere/a.crt,/nowhere/a.key", "/nowhere/a.crt")]
    public void FromOption_Wrong_NamesIt(string option, string named)
    {
        Assert.False(ServerCertificate.FromOption(option).Try(out _, out var fault));
        Assert.Contains(named, fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_AddressTaken_IsAFaultThatNamesIt()
    {
        await using var first = await ServedRouter.StartAsync(new GrpcListener { Address = AnyPort }, []);

        var second = await GrpcHost.StartAsync(
            new GrpcListener { Address = new IPEndPoint(IPAddress.Loopback, first.Port) }, [], NullLoggerFactory.Instance, TimeProvider.System);

        Assert.False(second.Try(out _, out var fault));
        Assert.Contains($"127.0.0.1:{first.Port}", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WithAWatcherAndAStreamInFlight_EndsBoth()
    {
        var processor = new ExternalProcessor(Picker, new ExtProcOptions(), new ExtProcInstruments());
        var health = new HealthService(() => true, TimeProvider.System);
        var listener = new GrpcListener { Address = AnyPort, DrainTimeout = TimeSpan.FromMilliseconds(300) };
        var host = await ServedRouter.StartAsync(listener, [processor.Process, .. health.Methods]);
        await using var watcher = ForeignClient.Node($"127.0.0.1:{host.Port}");
        await watcher.BeginWatchAsync("", count: 2);
        await watcher.NextStatusAsync();
        await using var client = ForeignClient.Python(Router.Stubs, $"127.0.0.1:{host.Port}");
        await client.PlayUntilPausedAsync(Headers(end: true), Receive(1), Pause(), Stay());

        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(14, (await client.ResumeAsync()).Code);
        await Eventually.TrueAsync(() => Picker.Released == 1, "the lease is released");
    }

    private async Task AssertServesTlsAsync(string option, string pem)
    {
        // A certificate's PEM text alone is what a client is given to trust.
        Assert.True(ServerCertificate.FromOption(option).Try(out var certificate, out var fault), fault?.ToString());
        using var owned = certificate;
        var processor = new ExternalProcessor(Picker, new ExtProcOptions(), new ExtProcInstruments());
        await using var host = await ServedRouter.StartAsync(new GrpcListener { Address = AnyPort, Certificate = certificate }, [processor.Process]);
        var authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, option == "self-signed" ? certificate!.ExportCertificatePem() : pem);
        await using var client = ForeignClient.Python(Router.Stubs, $"127.0.0.1:{host.Port}", authority);

        var seen = await client.ProcessAsync(Headers(), Body("{}"), Receive(2));

        Assert.Equal(0, seen.Code);
        seen.AssertRoutedTo("10.0.0.1:8000", "request_headers");
        File.Delete(authority);
    }
}
