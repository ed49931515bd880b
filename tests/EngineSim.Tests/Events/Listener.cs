using System.Text.Json;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EngineSim.Events;

/// <summary>A subscriber and replay client of pyzmq and Debian's msgpack: how others hear the engine.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly Peer _python;

    private Listener(Peer python, string endpoint) => (_python, Endpoint) = (python, endpoint);

    public string Endpoint { get; }

    /// <summary>Binds any free port: engines connect.</summary>
    public static Task<Listener> BindAsync() => StartAsync("--bind", "tcp://127.0.0.1:*");

    public static Task<Listener> ConnectAsync(string endpoint) => StartAsync("--connect", endpoint);

    public async Task<Heard> HearAsync()
    {
        var line = JsonDocument.Parse(await _python.ReadLineAsync()).RootElement;
        var batch = line.GetProperty("batch");
        return new Heard(line.GetProperty("topic").GetString()!, line.GetProperty("seq").GetInt64(), [.. batch[1].EnumerateArray()], batch[2].GetInt32());
    }

    /// <summary>Replies as lists of frames in hex, what the DEALER sees; the end mark included.</summary>
    public async Task<IReadOnlyList<string[]>> ReplayAsync(object command)
    {
        await _python.WriteLineAsync(JsonSerializer.Serialize(command));
        var answer = JsonDocument.Parse(await _python.ReadUntilAsync(line => line.StartsWith("{\"replay\"", StringComparison.Ordinal))).RootElement;
        return answer.GetProperty("replay").Deserialize<string[][]>()!;
    }

    public ValueTask DisposeAsync() => _python.DisposeAsync();

    private static async Task<Listener> StartAsync(string how, string endpoint)
    {
        var python = Peer.Python(Path.Combine(Repository.Oracles, "kv_listener.py"), how, endpoint);
        var said = JsonDocument.Parse(await python.ReadLineAsync()).RootElement;
        return new Listener(python, said.GetProperty("endpoint").GetString()!);
    }
}

internal sealed record Heard(string Topic, long Sequence, IReadOnlyList<JsonElement> Events, int Rank)
{
    /// <summary>The events' tags, whichever form they have.</summary>
    public IEnumerable<string?> Tags => Events.Select(e => (e.ValueKind == JsonValueKind.Array ? e[0] : e.GetProperty("type")).GetString());
}
