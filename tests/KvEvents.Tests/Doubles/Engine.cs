using System.Globalization;
using System.Text.Json;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>An engine played by the Python publisher, which connects to the subscriber as vLLM does.</summary>
internal sealed class Engine : IAsyncDisposable
{
    private readonly Peer _peer;

    private Engine(Peer peer) => _peer = peer;

    /// <summary>An engine that connects to the router's port. It publishes nothing before the router's subscription has reached it.</summary>
    public static Task<Engine> StartAsync(int port, string topic, params string[] arguments) =>
        StartAsync($"tcp://127.0.0.1:{port}", bind: false, ["--await-subscriber", "--topic", topic, .. arguments]);

    /// <summary>An engine that the router connects to. It publishes nothing before the router's subscription has reached it.</summary>
    public static Task<Engine> StartBoundAsync(int port, params string[] arguments) =>
        StartAsync($"tcp://*:{port}", bind: true, ["--await-subscriber", .. arguments]);

    /// <summary>An engine that connects to the router's port, and publishes whether somebody hears it or not.</summary>
    public static Task<Engine> StartUnsubscribedAsync(int port, string topic, params string[] arguments) =>
        StartAsync($"tcp://127.0.0.1:{port}", bind: false, ["--topic", topic, .. arguments]);

    /// <summary>An engine that the router may connect to, and that publishes whether somebody hears it or not.</summary>
    public static Task<Engine> StartUnheardAsync(int port, params string[] arguments) =>
        StartAsync($"tcp://*:{port}", bind: true, arguments);

    private static async Task<Engine> StartAsync(string endpoint, bool bind, string[] arguments)
    {
        var script = Path.Combine(Repository.Oracles, "engine_publisher.py");
        var peer = Peer.Python(script, ["--endpoint", endpoint, "--algo", "sha256_cbor", "--seed", "42", "--settle", "0", .. arguments]);
        var hello = await peer.ReadLineAsync();
        Assert.Contains(bind ? "\"bind\": true" : "\"bind\": false", hello, StringComparison.Ordinal);
        return new Engine(peer);
    }

    /// <summary>What the engine's cache holds: each block's key and copies, ordered by key.</summary>
    public async Task<(ulong Key, int Copies)[]> BlocksAsync()
    {
        await TellAsync(Control("dump"));
        var dump = JsonDocument.Parse(await _peer.ReadUntilAsync(line => line.Contains("\"blocks\"", StringComparison.Ordinal))).RootElement;
        return [.. dump.GetProperty("blocks").EnumerateObject().Select(block => (ulong.Parse(block.Name, CultureInfo.InvariantCulture), block.Value.GetInt32())).Order()];
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

    /// <summary>A request whose events are not published, but can be replayed.</summary>
    public static object Dropped(uint[] tokens) => new { op = "request", tokens, drop = true };

    /// <summary>A request whose events nobody will ever have.</summary>
    public static object Lost(uint[] tokens) => new { op = "request", tokens, lose = true };

    public static object Raw(byte[] payload) => new { op = "raw", payload_hex = Convert.ToHexString(payload) };

    public static object Control(string ctl, int n = 1) => new { ctl, n };

    public ValueTask DisposeAsync() => _peer.DisposeAsync();
}
