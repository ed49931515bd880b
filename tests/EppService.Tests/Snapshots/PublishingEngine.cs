using System.Globalization;
using System.Text.Json;

namespace OrleansKvRouter.Tests.EppService.Snapshots;

/// <summary>A Python engine that connects to the router and replays; its prompts are told apart by a number.</summary>
internal sealed class PublishingEngine : IAsyncDisposable
{
    private readonly Peer _peer;

    private PublishingEngine(Peer peer) => _peer = peer;

    /// <summary>An engine whose first batch waits for the router to subscribe.</summary>
    /// <param name="events">The router's ZeroMQ address.</param>
    /// <param name="ip">The engine's pod.</param>
    /// <param name="replayPort">Where it replays.</param>
    public static async Task<PublishingEngine> StartAsync(string events, string ip, int replayPort)
    {
        var peer = Peer.Python(
            Path.Combine(Repository.Oracles, "engine_publisher.py"),
            "--endpoint", events, "--replay-endpoint", string.Create(CultureInfo.InvariantCulture, $"tcp://{ip}:{replayPort}"), "--topic", $"kv@{ip}@Qwen3-32B",
            "--algo", "sha256_cbor", "--seed", "42", "--await-subscriber", "--settle", "0");
        await peer.ReadLineAsync();
        return new PublishingEngine(peer);
    }

    /// <summary>Serves a prompt of four blocks, and publishes what that brings about.</summary>
    /// <param name="number">Which prompt.</param>
    /// <param name="unheard">Whether it can only be replayed.</param>
    public async Task ServeAsync(int number, bool unheard = false)
    {
        var tokens = Enumerable.Range(1 + (number * 1000), 64);
        await _peer.WriteLineAsync(JsonSerializer.Serialize(new { op = "request", tokens, drop = unheard }));
        await _peer.ReadLineAsync();
    }

    public ValueTask DisposeAsync() => _peer.DisposeAsync();
}
