using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Loopback;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>The demo: engines, router, conversation, checks, comparison.</summary>
internal static class DemoRun
{
    private const int Blocks = 600;
    private static readonly string[] Ips = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];
    private static readonly EngineSpeed Speed = new() { PrefillTokensPerSecond = 8000, DecodeTokensPerSecond = 200 };

    public static async Task<int> RunAsync(string models, bool keep, CancellationToken cancellation)
    {
        // 1. The model, three engines that publish what they cache, and the router.
        if (!ModelFolder.Load(models, EngineFleet.Model).Try(out var model, out var fault))
        {
            await Console.Error.WriteLineAsync($"kvrouter demo: {fault}");
            return 1;
        }

        var folder = Directory.CreateTempSubdirectory("kvrouter-demo-").FullName;
        var port = Ports.TakeFrom(EngineFleet.UsualPort);
        var resources = new FleetResources { Ips = Ips, Port = port };
        await using var router = await RouterProcess.StartAsync(resources.WriteTo(folder), models);
        await using var fleet = await EngineFleet.StartAsync(model, Ips, port, Speed, router.Events, Blocks);
        using var admin = new AdminClient(router.Admin);
        using var chats = new ChatClient();
        using var extProc = new ExtProcClient(router.ExtProc);
        await fleet.ConnectAsync(admin, chats, cancellation);
        Console.WriteLine($"Three simulated engines ({string.Join(", ", fleet.Addresses)}; Qwen3, 64 tokens a block), one router.\n");

        // 2. The conversation, through the gateway and again through ext_proc.
        var conversation = new DemoConversation(router, fleet, admin, chats, extProc);
        var rows = new List<DemoRow>();
        foreach (var (name, body) in DemoRequests.All) rows.Add(await conversation.ThroughGatewayAsync(name, body, cancellation));
        foreach (var (name, body) in DemoRequests.All) rows.Add(await conversation.ThroughExtProcAsync(name, body, cancellation));
        DemoTables.Write(rows);
        var failures = DemoChecks.Failures(rows);

        // 3. The same load here and on engines whose requests are spread at random.
        var precise = await new LoadRun(chats).PlayAsync(() => router.Gateway, cancellation);
        var random = await PlayAtRandomAsync(model, chats, cancellation);
        DemoTables.Write(precise, random);
        if (precise.HitRate <= random.HitRate) failures = [.. failures, "precise routing hit the cache no more often than random routing"];

        // 4. The verdict.
        foreach (var failure in failures) await Console.Error.WriteLineAsync($"kvrouter demo: {failure}");
        if (failures.Count == 0) Console.WriteLine("Round 2 went where round 1 went, and every prediction equals what the engine reported.");
        if (keep) await KeepAsync(router, cancellation);
        Directory.Delete(folder, recursive: true);
        return failures.Count == 0 ? 0 : 1;
    }

    private static async Task<LoadResult> PlayAtRandomAsync(ModelAssets model, ChatClient chats, CancellationToken cancellation)
    {
        string[] ips = ["127.0.0.14", "127.0.0.15", "127.0.0.16"];
        await using var fleet = await EngineFleet.StartAsync(model, ips, Ports.TakeFrom(EngineFleet.UsualPort), Speed, events: null, Blocks);
        string[] addresses = [.. fleet.Addresses];
        var random = new Random(1);
        return await new LoadRun(chats).PlayAsync(Next, cancellation);

        string Next()
        {
            lock (random) return addresses[random.Next(addresses.Length)];
        }
    }

    private static async Task KeepAsync(RouterProcess router, CancellationToken cancellation)
    {
        Console.WriteLine($"\nDashboard http://{router.Admin}/   gateway http://{router.Gateway}/v1   ext_proc {router.ExtProc}\nCtrl-C ends it.");
        await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
