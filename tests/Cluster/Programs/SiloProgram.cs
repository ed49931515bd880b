using System.Globalization;
using System.Net;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Tests.Cluster.Programs;

/// <summary>The silo as users start it: its own process, on free loopback ports.</summary>
internal sealed class SiloProgram : IAsyncDisposable
{
    private SiloProgram(Peer process, string admin) => (Process, Admin) = (process, admin);

    public Peer Process { get; }

    public string Admin { get; }

    public static string Dll => Path.Combine(AppContext.BaseDirectory, "OrleansKvRouter.Silo.dll");

    /// <param name="folder">The test's own, with the cluster's data in it.</param>
    /// <param name="more">Further options.</param>
    public static SiloProgram Start(string folder, params string[] more)
    {
        // No engine answers, and no model is there: what is tested is the silo.
        var resources = new FleetResources { Ips = ["127.0.0.11"] }.WriteTo(Path.Combine(folder, "resources"));
        string[] addresses = [.. Ports.Take(5).Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"))];
        return new SiloProgram(Peer.Start("dotnet",
            [
                Dll, "silo", "-f", resources, "--silo", addresses[0], "--ext-proc", addresses[1], "--health", addresses[2],
                "--admin", addresses[3], "--events", $"tcp://{addresses[4]}", .. more.Contains("--data") ? more : [.. more, "--data", Path.Combine(folder, "data")],
            ]), addresses[3]);
    }

    public async Task ReadyAsync() => Assert.Equal("ready", await Process.ReadLineAsync(Eventually.Limit));

    public async Task<HttpStatusCode> GetAsync(string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
        using var answer = await http.GetAsync($"http://{Admin}{path}");
        return answer.StatusCode;
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
