using System.Globalization;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Loopback;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Bench.Route;

/// <summary>
/// The route benchmark: a router in a process of its own, three simulated engines whose caches hold the warm prompts, and a
/// client that opens an ext_proc stream for each request, as Envoy does.
/// </summary>
internal static class RouteBench
{
    private static readonly string[] Ips = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];

    public static async Task<int> RunAsync(string models, TimeSpan time, bool json, CancellationToken cancellation)
    {
        if (!ModelFolder.Load(models, EngineFleet.Model).Try(out var model, out var fault))
        {
            await Console.Error.WriteLineAsync($"kvrouter bench: {fault}");
            return 1;
        }

        var folder = Directory.CreateTempSubdirectory("kvrouter-bench-").FullName;
        var port = Ports.TakeFrom(EngineFleet.UsualPort);
        await using var router = await RouterProcess.StartAsync(new FleetResources { Ips = Ips, Port = port }.WriteTo(folder), models, "--log-level", "warning");
        await using var fleet = await EngineFleet.StartAsync(model, Ips, port, new EngineSpeed(TimeScale: 0), router.Events, blocks: 4096);
        using var admin = new AdminClient(router.Admin);
        using var chats = new ChatClient();
        using var client = new ExtProcClient(router.ExtProc);
        await fleet.ConnectAsync(admin, chats, cancellation);
        await WarmAsync(fleet, admin, chats, cancellation);

        var measurement = new RouteMeasurement(client, admin);
        // Not counted: the first second runs code that is not yet compiled for speed.
        foreach (var row in RouteCase.All) await measurement.RunAsync(row, TimeSpan.FromSeconds(1), cancellation);
        if (!json) Console.WriteLine(Heading);
        foreach (var row in RouteCase.All)
        {
            var result = await measurement.RunAsync(row, time, cancellation);
            Console.WriteLine(json ? result.ToJson() : Line(row, result));
        }

        Directory.Delete(folder, recursive: true);
        return 0;
    }

    /// <summary>Each warm prompt goes to one engine, so that the router has something to choose.</summary>
    private static async Task WarmAsync(EngineFleet fleet, AdminClient admin, ChatClient chats, CancellationToken cancellation)
    {
        string[] addresses = [.. fleet.Addresses];
        foreach (var row in RouteCase.All.Where(row => row.Warm && row.InFlight == 1))
        {
            for (var prompt = 0; prompt < RouteCase.WarmPrompts; prompt++) await chats.SendAsync(addresses[prompt % addresses.Length], row.Body(prompt), "warm", cancellation);
        }

        await fleet.CaughtUpAsync(admin, cancellation);
    }

    private const string Heading = "row                          decisions/s     p50 µs     p99 µs  router µs  hit rate  share of stages";

    private static string Line(RouteCase row, RouteResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{row.Name,-28} {result.DecisionsPerSecond,11:0} {result.P50Microseconds,10:0} {result.P99Microseconds,10:0} {result.DecisionMicroseconds,10:0} {result.HitRate * 100,8:0} %  {string.Join(", ", result.Stages.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {s.Value * 100:0} %")))}");
}
