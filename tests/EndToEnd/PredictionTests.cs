using System.Text.Json.Nodes;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>What the router predicts is what engines then report; and where that is no longer so, it is noticed and mended.</summary>
public sealed class PredictionTests
{
    private static readonly string[] Ips = ["127.0.0.14", "127.0.0.15"];

    [Fact]
    public async Task Predictions_2000RequestsWithEvictions_AreRightToTheToken()
    {
        await using var scene = await Scene.StartAsync(Ips, blocks: 150);
        var prompts = new Prompts(seed: 3, conversations: 30);

        for (var i = 0; i < 2000; i++)
        {
            await scene.SendAsync(prompts.Next(), stream: i % 3 == 0);
            await scene.CaughtUpAsync();
        }

        var endpoints = (await scene.PoolAsync()).Endpoints;
        var judged = endpoints.Sum(e => e.Predictions!.Judged);
        Assert.InRange(judged, 2000, 2100);
        Assert.InRange(endpoints.Sum(e => e.Predictions!.Right), judged * 999 / 1000, judged);
        Assert.All(endpoints, e => Assert.Equal(("exact", 0), (e.Trust.State, e.Predictions!.Contradictions)));
        Assert.InRange(endpoints.Sum(e => e.Predictions!.PredictedTokens), 100_000, long.MaxValue);
        Assert.Contains("kvrouter_events_blocks_removed_total", await scene.Fixture.Admin.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predictions_EngineThatDropsItsCacheAndKeepsQuiet_IsFoundWithin20RequestsAndHealed()
    {
        await using var scene = await Scene.StartAsync(Ips[..1], blocks: 2000, relayed: true);
        var prompts = new Prompts(seed: 4, conversations: 30);
        for (var i = 0; i < 120; i++) await scene.SendAsync(prompts.Next(), stream: false);
        await scene.CaughtUpAsync();
        Assert.Equal("exact", (await scene.OnlyAsync()).Trust.State);
        var before = (await scene.OnlyAsync()).BlocksHeld;

        await scene.ResetEngineAsync();
        var sent = 0;
        for (; sent < 20 && (await scene.OnlyAsync()).Trust.State == "exact"; sent++)
        {
            await scene.SendAsync(prompts.Next(), stream: sent % 2 == 0);
            await scene.CaughtUpAsync();
        }

        var stale = await scene.OnlyAsync();
        Assert.Equal("stale", stale.Trust.State);
        Assert.Contains("dropped without an event", stale.Trust.Cause, StringComparison.Ordinal);
        Assert.NotNull(stale.Trust.Since);
        Assert.InRange(stale.BlocksHeld, 0, before / 4);

        for (var i = 0; i < 100 && (await scene.OnlyAsync()).Trust.State == "stale"; i++)
        {
            await scene.SendAsync(prompts.Next(), stream: false);
            await scene.CaughtUpAsync();
        }

        var healed = await scene.OnlyAsync();
        Assert.Equal(("exact", 1), (healed.Trust.State, healed.Predictions!.Contradictions));
        var over = healed.Predictions.OverTokens;
        for (var i = 0; i < 60; i++)
        {
            await scene.SendAsync(prompts.Next(), stream: false);
            await scene.CaughtUpAsync();
        }

        Assert.Equal(over, (await scene.OnlyAsync()).Predictions!.OverTokens);
    }

    /// <summary>Simulated engines behind a router's gateway.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
        private EngineFleet _fleet = null!;
        private Peer? _relay;

        public required RouterFixture Fixture { get; init; }

        public static async Task<Scene> StartAsync(string[] ips, int blocks, bool relayed = false)
        {
            var port = EngineFleet.FreePort(ips);
            var scene = new Scene { Fixture = await RouterFixture.StartAsync(new FleetResources { Ips = ips, Port = port }) };
            var events = scene.Fixture.Router.Events;
            if (relayed)
            {
                scene._relay = Peer.Python(Path.Combine(Repository.Oracles, "event_relay.py"), events);
                events = await scene._relay.ReadLineAsync();
            }

            var model = ModelFolder.Load(Path.GetDirectoryName(Repository.Qwen3)!, Path.GetFileName(Repository.Qwen3)).Value!;
            scene._fleet = await EngineFleet.StartAsync(model, ips, port, new EngineSpeed(TimeScale: 0), events, blocks);
            using var chats = new ChatClient();
            await scene._fleet.ConnectAsync(scene.Fixture.Admin, chats);
            await scene.CaughtUpAsync();
            return scene;
        }

        public async Task SendAsync(IEnumerable<uint> prompt, bool stream)
        {
            var body = new JsonObject { ["model"] = EngineFleet.Model, ["prompt"] = new JsonArray([.. prompt.Select(id => JsonValue.Create(id))]), ["max_tokens"] = 2 };
            if (stream)
            {
                body["stream"] = true;
                body["stream_options"] = new JsonObject { ["include_usage"] = true };
            }

            using var answer = await _http.PostAsync($"http://{Fixture.Router.Gateway}/v1/completions", new StringContent(body.ToJsonString()));
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, text);
        }

        public Task CaughtUpAsync() => _fleet.CaughtUpAsync(Fixture.Admin);

        public async Task ResetEngineAsync() => (await _http.PostAsync(new Uri(_fleet.Engines[0].Address, "/reset_prefix_cache"), null)).EnsureSuccessStatusCode();

        public Task<PoolStatus> PoolAsync() => Fixture.Admin.PoolAsync(FleetResources.PoolName);

        public async Task<EndpointStatus> OnlyAsync() => Assert.Single((await PoolAsync()).Endpoints);

        public async ValueTask DisposeAsync()
        {
            await _fleet.DisposeAsync();
            if (_relay is not null) await _relay.DisposeAsync();
            await Fixture.DisposeAsync();
            _http.Dispose();
        }
    }

    /// <summary>Conversations that grow turn by turn and start anew when they are long, a random one's turn at a time.</summary>
    private sealed class Prompts(int seed, int conversations)
    {
        private const int Longest = 1500;
        private readonly Random _random = new(seed);
        private readonly List<uint>[] _open = [.. Enumerable.Range(0, conversations).Select(_ => new List<uint>())];

        public List<uint> Next()
        {
            var conversation = _open[_random.Next(_open.Length)];
            if (conversation.Count > Longest) conversation.Clear();
            var turn = _random.Next(60, 200);
            for (var i = 0; i < turn; i++) conversation.Add((uint)_random.Next(1000, 100_000));
            return conversation;
        }
    }
}
