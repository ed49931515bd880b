using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>
/// The product's promise, seen from outside: engines played by the Python publisher, requests placed by a python3-grpcio
/// client, tokens from Hugging Face, and the publishers' own cache models to say who holds the longest prefix.
/// </summary>
public sealed class ConversationTests
{
    private static readonly string[] Ips = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];

    /// <summary>The engines' HTTP port, where nobody is.</summary>
    private readonly int _port = Ports.Take();

    [Theory]
    [InlineData("sha256_cbor", "v0.26.0")]
    [InlineData("sha256_cbor_64bit", "v0.10.2")]
    public async Task Pick_200Conversations_AlwaysTheLongestPrefix(string algorithm, string schema)
    {
        await using var fixture = await RouterFixture.StartAsync(new FleetResources { Ips = Ips, Port = _port });
        await using var fleet = await FleetPeer.StartAsync(fixture.Router, Ips, _port, algorithm, schema);
        var turns = new ConversationPlan(seed: 7).Conversations(200);
        await using var oracle = new HuggingFace(Path.Combine(Repository.Qwen3, "tokenizer.json"));
        var tokens = await oracle.EncodeAsync(turns.Select(turn => turn.Text));

        var hits = 0;
        for (var i = 0; i < turns.Count; i++)
        {
            var placed = await fleet.PlaceAsync(turns[i].Path, turns[i].Body, tokens[i]);
            Assert.True(placed["longest"]!.GetValue<bool>(), $"request {i} of {turns.Count} ({tokens[i].Length} tokens): {placed.ToJsonString()}");
            if (placed["usable"]![placed["picked"]!.GetValue<string>()]!.GetValue<int>() > 0) hits++;
            await fixture.Admin.CaughtUpAsync(FleetResources.PoolName, placed["picked"]!.GetValue<string>(), placed["sequence"]!.GetValue<long>());
        }

        // Conversations share system prompts and come back, so a router that finds no prefixes would show here.
        Assert.InRange(hits, turns.Count / 2, turns.Count);
        var pool = await fixture.Admin.PoolAsync(FleetResources.PoolName);
        Assert.Equal(algorithm, pool.Scheme);
        // Where nothing is loaded the prefix alone decides, so an engine may well get no request at all.
        var used = pool.Endpoints.Where(endpoint => endpoint.Cursor >= 0).ToArray();
        Assert.NotEmpty(used);
        Assert.All(used, endpoint =>
        {
            Assert.Equal("exact", endpoint.Trust.State);
            Assert.Equal(0, endpoint.Lost);
            Assert.NotEqual(0, endpoint.BlocksHeld);
        });
        await Eventually.TrueAsync(() => fixture.Router.Log.Split("Request handled").Length - 1 >= turns.Count, "every request is in the log");
        Assert.Equal(turns.Count, fixture.Router.Log.Split("Request handled").Length - 1);
    }

    [Fact]
    public async Task Explain_MatchesWhatTheEnginesHold_BlockByBlock()
    {
        await using var fixture = await RouterFixture.StartAsync(new FleetResources { Ips = Ips, Port = _port });
        await using var fleet = await FleetPeer.StartAsync(fixture.Router, Ips, _port, "sha256_cbor", "v0.24.0");
        await using var oracle = new HuggingFace(Path.Combine(Repository.Qwen3, "tokenizer.json"));
        var turn = new ConversationPlan(seed: 9).Conversations(1)[0];
        var ids = (await oracle.EncodeAsync([turn.Text]))[0];

        // One engine holds all of it, one the first two blocks, one nothing.
        await fixture.Admin.CaughtUpAsync(FleetResources.PoolName, $"127.0.0.11:{_port}", await fleet.PrefillAsync("127.0.0.11", ids));
        await fixture.Admin.CaughtUpAsync(FleetResources.PoolName, $"127.0.0.12:{_port}", await fleet.PrefillAsync("127.0.0.12", ids[..130]));

        using var http = new HttpClient();
        var answer = await http.PostAsync(
            $"http://{fixture.Router.Admin}/api/pools/{FleetResources.PoolName}/explain?tokens=true&path={Uri.EscapeDataString(turn.Path)}", new StringContent(turn.Body));
        var explained = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(ids, explained["tokenIds"].Deserialize<uint[]>());
        Assert.Equal(ids.Length / 64, explained["blockKeys"]!.AsArray().Count);
        var matched = explained["endpoints"]!.AsArray().ToDictionary(e => e!["address"]!.GetValue<string>(), e => (Blocks: e!["matchedBlocks"]!.GetValue<int>(), Tokens: e["matchedTokens"]!.GetValue<int>()));
        Assert.Equal((ids.Length / 64, (ids.Length - 1) / 64 * 64), matched[$"127.0.0.11:{_port}"]);
        Assert.Equal((2, 128), matched[$"127.0.0.12:{_port}"]);
        Assert.Equal((0, 0), matched[$"127.0.0.13:{_port}"]);
        Assert.Equal($"127.0.0.11:{_port}", explained["picked"]!.GetValue<string>());
    }
}
