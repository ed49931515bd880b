using System.Security.Cryptography.X509Certificates;
using OrleansKvRouter.EppService.Grpc;
using OrleansKvRouter.Tests.Conformance.Support;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.Grpc;

/// <summary>Listeners of their own: TLS, and stopping.</summary>
public sealed class GrpcHostTests(ServedRouter router) : RouterTest(router), IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Listener_SelfSigned_ServesAClientThatTrustsIt()
    {
        using var certificate = FromOption("self-signed");

        await AssertServedOverTlsAsync(certificate);
    }

    [Fact]
    public async Task Listener_CertificateFiles_ServesAClientThatTrustsThem()
    {
        var (cert, key) = (Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"));
        using (var made = FromOption("self-signed"))
        using (var secret = made.GetECDsaPrivateKey()!)
        {
            await File.WriteAllTextAsync(cert, made.ExportCertificatePem());
            await File.WriteAllTextAsync(key, secret.ExportPkcs8PrivateKeyPem());
        }

        using var certificate = FromOption($"{cert},{key}");
        await AssertServedOverTlsAsync(certificate);
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
    public async Task StopAsync_WithAWatcherAndAStreamInFlight_EndsBoth()
    {
        await using var served = await Served.StartAsync(Picker, () => true);
        await using var watcher = ForeignClient.Python(Router.Stubs, served.Address);
        await watcher.BeginWatchAsync("", count: 2);
        Assert.Equal("SERVING", await watcher.NextStatusAsync());
        await using var client = ForeignClient.Python(Router.Stubs, served.Address);
        await client.PlayUntilPausedAsync(Headers(end: true), Receive(1), Pause(), Stay());
        using var drain = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await served.Host.StopAsync(drain.Token).WaitAsync(Eventually.Limit);

        Assert.Equal((14, "the server is stopping"), await watcher.EndOfWatchAsync());
        Assert.Equal(14, (await client.ResumeAsync()).Code);
        await Eventually.TrueAsync(() => Picker.Released == 1, "the lease is released");
    }

    private static X509Certificate2 FromOption(string option) =>
        ServerCertificate.FromOption(option).Try(out var certificate, out var fault) ? certificate : throw new InvalidOperationException(fault.ToString());

    private async Task AssertServedOverTlsAsync(X509Certificate2 certificate)
    {
        var authority = Path.Combine(_folder, "ca.pem");
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
        await using var served = await Served.StartAsync(Picker, () => true, certificate);
        await using var client = ForeignClient.Python(Router.Stubs, served.Address, authority);

        var seen = await client.ProcessAsync(Headers(), Body("{}"), Receive(2));

        Assert.Equal(0, seen.Code);
        seen.AssertRoutedTo("10.0.0.1:8000", "request_headers");
    }
}
