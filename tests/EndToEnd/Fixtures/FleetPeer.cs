using System.Text.Json.Nodes;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EndToEnd.Fixtures;

/// <summary><c>tests/oracles/fleet.py</c>: engines and proxy, nothing of them ours.</summary>
internal sealed class FleetPeer : IAsyncDisposable
{
    private readonly Peer _peer;
    private readonly string _stubs;

    private FleetPeer(Peer peer, string stubs) => (_peer, _stubs) = (peer, stubs);

    /// <param name="router">Where engines publish and requests are placed.</param>
    /// <param name="engines">Addresses, each with what sets the engine apart, as the script has it.</param>
    /// <param name="port">The engines' HTTP port, which names them; nobody listens there.</param>
    /// <param name="algorithm">The engines' hash algorithm.</param>
    /// <param name="schema">The vLLM release whose event form they have.</param>
    public static async Task<FleetPeer> StartAsync(RouterProcess router, string[] engines, int port, string algorithm, string schema)
    {
        var stubs = Directory.CreateTempSubdirectory("kvrouter-stubs-").FullName;
        await PythonStubs.GenerateAsync(stubs);
        var peer = Peer.Python(
            Path.Combine(Repository.Oracles, "fleet.py"),
            ["--stubs", stubs, "--ext-proc", router.ExtProc, "--events", router.Events, "--algo", algorithm, "--schema", schema, "--port", $"{port}", "--engines", .. engines]);
        await peer.ReadLineAsync();
        return new FleetPeer(peer, stubs);
    }

    /// <summary>Places a request as the router says; the answer is described in the script.</summary>
    public Task<JsonNode> PlaceAsync(string path, string body, uint[] tokens) =>
        AskAsync(new JsonObject { ["path"] = path, ["body"] = body, ["tokens"] = Array(tokens) });

    /// <summary>Makes an engine compute and keep a prompt; the answer is the sequence number of its last batch.</summary>
    public async Task<long> PrefillAsync(string ip, uint[] tokens) =>
        (await AskAsync(new JsonObject { ["prefill"] = ip, ["tokens"] = Array(tokens) }))["sequence"]!.GetValue<long>();

    public async ValueTask DisposeAsync()
    {
        await _peer.DisposeAsync();
        Directory.Delete(_stubs, recursive: true);
    }

    private async Task<JsonNode> AskAsync(JsonObject order)
    {
        await _peer.WriteLineAsync(order.ToJsonString());
        return JsonNode.Parse(await _peer.ReadLineAsync())!;
    }

    private static JsonArray Array(uint[] ids) => [.. ids.Select(id => JsonValue.Create((long)id))];
}
