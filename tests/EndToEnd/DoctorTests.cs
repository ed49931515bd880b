using System.Text;
using System.Text.Json;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary><c>doctor</c> on a running node whose engines have each a trouble of their own: every one is found, and its flag named.</summary>
public sealed class DoctorTests
{
    private const int Sound = 0, OddBlocks = 1, LargeBlocks = 2, Silent = 3, Losing = 4;
    private static readonly string[] Ips = ["127.0.0.41", "127.0.0.42", "127.0.0.43", "127.0.0.44", "127.0.0.45"];

    [Fact]
    public async Task Doctor_EnginesInTrouble_NamesEachWithItsFlag()
    {
        var port = Ports.Take();
        await using var fixture = await RouterFixture.StartAsync(new FleetResources { Ips = Ips, Port = port });
        var model = ModelFolder.Load(Path.GetDirectoryName(Repository.Qwen3)!, Path.GetFileName(Repository.Qwen3)).Value!;
        // The last one is played by the Python publisher, which can lose batches.
        await using var fleet = await EngineFleet.StartAsync(model, Ips[..Losing], port, new EngineSpeed(TimeScale: 0), fixture.Router.Events, blocks: 500, Trouble);
        await using var losing = Peer.Python(
            Path.Combine(Repository.Oracles, "engine_publisher.py"),
            ["--endpoint", fixture.Router.Events, "--topic", $"kv@{Ips[Losing]}@{EngineFleet.Model}", "--schema", "v0.10.2", "--seed", "42", "--block-size", "64"]);
        await losing.ReadLineAsync();
        using var chats = new ChatClient();

        await HearAsync(fixture, OddBlocks, endpoint => endpoint.Differs != 0, attempt => ChatAsync(chats, fleet, OddBlocks, attempt));
        await HearAsync(fixture, LargeBlocks, endpoint => endpoint.State == "mapped", attempt => ChatAsync(chats, fleet, LargeBlocks, attempt));
        await HearAsync(fixture, Sound, endpoint => endpoint.State == "exact", attempt => ChatAsync(chats, fleet, Sound, attempt));
        await HearAsync(fixture, Losing, endpoint => endpoint.State == "exact", attempt => RequestAsync(losing, attempt));
        await losing.WriteLineAsync("""{"ctl":"lose","n":3}""");
        await HearAsync(fixture, Losing, endpoint => endpoint.State == "stale", attempt => RequestAsync(losing, 1000 + attempt));
        var (status, report) = await DoctorAsync(fixture.Router.Admin);

        Assert.Equal(1, status);
        Assert.Equal(["exact", "unverified", "mapped", "unverified", "stale"], report.GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("trust").GetString()));
        Assert.Equal(
            ["equal", "differs", "differs", "unknown", "unknown"],
            report.GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("engineBlockSize").GetString()));
        AssertFinding(report, OddBlocks, true, "the engine's blocks have 48 tokens, the pool's 64", "--block-size 64 on the engine");
        AssertFinding(report, LargeBlocks, false, "the engine's blocks have 128 tokens, the pool's 64: each is converted to 2", "--block-size 64 on the engine");
        AssertFinding(report, Silent, true, "no KV event has ever come from it", $"\"topic\":\"kv@{Ips[Silent]}:{port}@");
        AssertFinding(report, Losing, false, "3 batches of its events are lost for good", "eventsConfig.replayPort");
        AssertFinding(report, Losing, true, "stale since", "replay_endpoint");
        AssertFinding(report, Losing, true, "/metrics cannot be read", "--disable-log-stats");
        Assert.DoesNotContain(report.GetProperty("findings").EnumerateArray(), f => f.GetProperty("subject").GetString()!.Contains($"qwen3-{Sound} ", StringComparison.Ordinal));
        var lost = report.GetProperty("endpoints")[Losing];
        Assert.Equal((3, "vLLM v0.10.2 to v0.13, or SGLang"), (lost.GetProperty("lost").GetInt32(), lost.GetProperty("era").GetString()));
    }

    private static EngineOptions Trouble(EngineOptions engine) => Array.IndexOf(Ips, engine.Host) switch
    {
        OddBlocks => engine with { BlockSize = 48 },
        LargeBlocks => engine with { BlockSize = 128 },
        Silent => engine with { Events = null },
        _ => engine,
    };

    /// <summary>Has an engine compute something new until the router says of it what is waited for.</summary>
    private static Task HearAsync(RouterFixture fixture, int engine, Func<Contracts.Admin.TrustStatus, bool> holds, Func<int, Task> compute)
    {
        var attempt = 0;
        return Eventually.TrueAsync(
            async () =>
            {
                if (holds((await fixture.Admin.PoolAsync(FleetResources.PoolName)).Endpoints[engine].Trust)) return true;
                await compute(attempt++);
                await Task.Delay(20);
                return false;
            },
            $"engine {engine} is heard");
    }

    private static Task<ChatAnswer> ChatAsync(ChatClient chats, EngineFleet fleet, int engine, int attempt)
    {
        var text = $"{engine} {attempt} {string.Join(' ', Enumerable.Range(attempt * 100, 150))}";
        var body = $$"""{"model":"{{EngineFleet.Model}}","stream":true,"stream_options":{"include_usage":true},"max_tokens":1,"messages":[{"role":"user","content":"{{text}}"}]}""";
        return chats.SendAsync(fleet.Engines[engine].Address.Authority, Encoding.UTF8.GetBytes(body), "doctor");
    }

    /// <summary>Waits for the publisher's answer: a heap of requests behind a loss would prove the engine again before anybody looks.</summary>
    private static async Task RequestAsync(Peer publisher, int attempt)
    {
        await publisher.WriteLineAsync(JsonSerializer.Serialize(new { op = "request", tokens = Enumerable.Range(attempt * 200, 130) }));
        await publisher.ReadLineAsync();
    }

    private static async Task<(int Status, JsonElement Report)> DoctorAsync(string admin)
    {
        await using var doctor = Peer.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansKvRouter.EppService.dll"), "doctor", "--node", admin, "--json"]);
        var json = await doctor.ReadToEndAsync();
        return (await doctor.ExitAsync(), JsonDocument.Parse(json).RootElement);
    }

    private static void AssertFinding(JsonElement report, int engine, bool isProblem, string what, string mend) => Assert.Contains(
        report.GetProperty("findings").EnumerateArray(),
        finding => finding.GetProperty("subject").GetString()!.Contains($"qwen3-{engine} ", StringComparison.Ordinal)
            && finding.GetProperty("isProblem").GetBoolean() == isProblem
            && finding.GetProperty("what").GetString()!.Contains(what, StringComparison.Ordinal)
            && finding.GetProperty("mend").GetString()!.Contains(mend, StringComparison.Ordinal));
}
