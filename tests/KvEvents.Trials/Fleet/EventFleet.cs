using System.Text.Json;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

/// <summary>Many engines in one Python process (<c>tests/oracles/event_fleet.py</c>), which also knows what each of their caches holds.</summary>
internal sealed class EventFleet : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Spelling = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly Peer _peer;

    private EventFleet(Peer peer, FleetSockets[] sockets) => (_peer, Sockets) = (peer, sockets);

    /// <summary>Where each engine publishes and replays, in the order in which they were described.</summary>
    public IReadOnlyList<FleetSockets> Sockets { get; }

    public static async Task<EventFleet> StartAsync(FleetDescription description)
    {
        var peer = Peer.Python(Path.Combine(Repository.Oracles, "event_fleet.py"), []);
        await peer.WriteLineAsync(JsonSerializer.Serialize(description, Spelling));
        return new EventFleet(peer, Read<FleetSockets[]>(await peer.ReadLineAsync()));
    }

    /// <summary>Gives an order and returns its answer.</summary>
    public async Task<T> AskAsync<T>(object order, TimeSpan? within = null)
    {
        await SayAsync(order);
        return await HearAsync<T>(within);
    }

    /// <summary>Gives an order whose answer is fetched later.</summary>
    public Task SayAsync(object order) => _peer.WriteLineAsync(JsonSerializer.Serialize(order, Spelling));

    /// <summary>The answer to the oldest order that has none yet.</summary>
    public async Task<T> HearAsync<T>(TimeSpan? within = null) => Read<T>(await _peer.ReadLineAsync(within));

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    private static T Read<T>(string line) => JsonSerializer.Deserialize<T>(line, Spelling)!;
}

/// <param name="Chains">By the block size of the engines that serve them.</param>
/// <param name="Pool">Whose keys the truth is told in; null where it is not asked for.</param>
internal sealed record FleetDescription(Dictionary<string, FleetChain[]> Chains, PoolDescription? Pool, EngineDescription[] Engines);

/// <summary>A prompt.</summary>
internal sealed record FleetChain(uint[] Tokens, string? Lora = null, string? Salt = null);

internal sealed record PoolDescription(string Algo, string? Seed, int BlockSize);

/// <summary>An engine, with the flags that decide over its hashes and its wire.</summary>
internal sealed record EngineDescription
{
    /// <summary>The first release of a wire era, or <c>sglang-6</c>, <c>sglang-7</c>.</summary>
    public required string Schema { get; init; }

    public required string Algo { get; init; }

    public string? Seed { get; init; }

    /// <summary><c>random</c> where chains start from random bytes.</summary>
    public string? None { get; init; }

    /// <summary><c>int</c>, <c>bytes</c> or <c>signed</c>.</summary>
    public string Form { get; init; } = "int";

    public int BlockSize { get; init; } = 16;

    /// <summary>Tokens hashed at a time where that is less than a block.</summary>
    public int? Fine { get; init; }

    /// <summary>The router's address; null where the router connects to the engine.</summary>
    public string? Connect { get; init; }

    public string Topic { get; init; } = "";

    /// <summary>The chains that it takes part in.</summary>
    public required int[] Chains { get; init; }

    /// <summary>Batches kept for replays.</summary>
    public int Buffer { get; init; } = 10_000;

    /// <summary>Blocks of its cache, where it serves random requests.</summary>
    public int Blocks { get; init; } = 64;

    /// <summary>Its address, and the ports where it publishes and replays; null for any on 127.0.0.1.</summary>
    public object[]? At { get; init; }

    /// <summary>Whether it loses batches for good.</summary>
    public bool Lossy { get; init; }
}

/// <param name="Events">Where it publishes; null where it connects to the router.</param>
internal sealed record FleetSockets(int? Events, int Replay);
