using System.Text.Json;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>An engine played by the Python publisher, which connects to the subscriber as vLLM does.</summary>
internal sealed class Engine : IAsyncDisposable
{
    /// <summary>What a PUB sends before the subscription has reached it is lost; it cannot tell, so it waits.</summary>
    private const string SettleSeconds = "1.5";

    private readonly Peer _peer;

    private Engine(Peer peer) => _peer = peer;

    public static async Task<Engine> StartAsync(int port, string topic, params string[] arguments)
    {
        var script = Path.Combine(Repository.Oracles, "engine_publisher.py");
        var peer = Peer.Python(script, ["--endpoint", $"tcp://127.0.0.1:{port}", "--topic", topic, "--algo", "sha256_cbor", "--seed", "42", "--settle", SettleSeconds, .. arguments]);
        var hello = await peer.ReadLineAsync();
        Assert.Contains("\"bind\": false", hello, StringComparison.Ordinal);
        return new Engine(peer);
    }

    /// <summary>Publishes a batch and waits until the publisher says that it is out; returns its sequence number.</summary>
    public async Task<long> PublishAsync(object operation)
    {
        await TellAsync(operation);
        return JsonDocument.Parse(await _peer.ReadLineAsync()).RootElement.GetProperty("seq").GetInt64();
    }

    /// <summary>Gives an order that the publisher does not answer.</summary>
    public Task TellAsync(object operation) => _peer.WriteLineAsync(JsonSerializer.Serialize(operation));

    public static object Request(uint[] tokens, string? lora = null, string? salt = null) => new { op = "request", tokens, lora_name = lora, salt };

    public static object Raw(byte[] payload) => new { op = "raw", payload_hex = Convert.ToHexString(payload) };

    public static object Control(string ctl, int n = 1) => new { ctl, n };

    public ValueTask DisposeAsync() => _peer.DisposeAsync();
}
