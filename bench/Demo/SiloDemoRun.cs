using System.Diagnostics;
using System.Globalization;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Loopback;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>
/// The demo on a cluster: every request asks another silo, one silo is killed after the first three requests, and what the others predict must
/// still be what the engines report.
/// </summary>
internal static class SiloDemoRun
{
    private const int Blocks = 600;
    private const int BeforeKill = 3;
    private static readonly string[] Ips = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];

    public static async Task<int> RunAsync(string? program, int count, string models, CancellationToken cancellation)
    {
        // 1. The model, engines that publish to whichever silo follows them, and the silos.
        if (program is null) return await FailAsync(["the silo's program is not named: start the demo with ./kvrouter demo --silos 3"]);
        if (!ModelFolder.Load(models, EngineFleet.Model).Try(out var model, out var fault)) return await FailAsync([fault.ToString()]);
        var folder = Directory.CreateTempSubdirectory("kvrouter-demo-").FullName;
        var failures = await PlayAsync(program, count, model, models, folder, cancellation);
        Directory.Delete(folder, recursive: true);
        return await FailAsync(failures);
    }

    /// <returns>What is wrong, one sentence each.</returns>
    private static async Task<List<string>> PlayAsync(string program, int count, ModelAssets model, string models, string folder, CancellationToken cancellation)
    {
        var ports = Ports.Take(2);
        var port = Ports.TakeFrom(EngineFleet.UsualPort);
        var resources = new FleetResources { Ips = Ips, Port = port, EventsPort = ports[0], ReplayPort = ports[1] };
        await using var fleet = await EngineFleet.StartAsync(model, Ips, port, new EngineSpeed { PrefillTokensPerSecond = 8000, DecodeTokensPerSecond = 200 }, events: null, Blocks, engine => engine with
        {
            Events = new EventOptions
            {
                Endpoint = string.Create(CultureInfo.InvariantCulture, $"tcp://*:{ports[0]}"),
                ReplayEndpoint = string.Create(CultureInfo.InvariantCulture, $"tcp://*:{ports[1]}"),
            },
        });
        await using var silos = await SiloProcesses.StartAsync(program, count, resources.WriteTo(Path.Combine(folder, "resources")), models, Path.Combine(folder, "data"));
        Console.WriteLine($"Three simulated engines ({string.Join(", ", fleet.Addresses)}; Qwen3, 64 tokens a block), {count} silos, ext_proc at {string.Join(", ", silos.Running.Select(silo => silo.ExtProc))}.\n");

        // 2. The conversation twice, each request at the next silo. In the middle of it one silo is killed.
        using var chats = new ChatClient();
        var conversation = new SiloConversation(silos, fleet, chats);
        var rows = new List<DemoRow>();
        var failures = new List<string>();
        foreach (var pass in (string[])["first", "again"])
        {
            var start = rows.Count;
            foreach (var (name, body) in DemoRequests.All)
            {
                if (rows.Count == BeforeKill) await KillOneAsync(silos, conversation, rows, cancellation);
                rows.Add(await conversation.AskAsync(name, body, cancellation));
            }

            failures.AddRange(DemoChecks.Failures([.. rows[start..].Select(row => row with { Via = pass })]));
        }

        // 3. The verdict.
        DemoTables.Write(rows);
        if (failures.Count == 0) Console.WriteLine("Round 2 went where round 1 went, and every prediction equals what the engine reported, with a silo less.");
        return failures;
    }

    private static async Task KillOneAsync(SiloProcesses silos, SiloConversation conversation, List<DemoRow> rows, CancellationToken cancellation)
    {
        var victim = silos.Running[^1];
        await silos.KillAsync(victim);
        var killed = Stopwatch.GetTimestamp();
        await conversation.WholeAgainAsync(cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"After {rows.Count} requests the silo at {victim.ExtProc} was killed; {Stopwatch.GetElapsedTime(killed).TotalSeconds:0.0} s later the others knew all of what was cached.\n"));
    }

    private static async Task<int> FailAsync(List<string> failures)
    {
        foreach (var failure in failures) await Console.Error.WriteLineAsync($"kvrouter demo: {failure}");
        return failures.Count == 0 ? 0 : 1;
    }
}
