using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>A gRPC client that is not ours, in a process of its own, told by JSON lines what to do.</summary>
internal sealed class ForeignClient(Peer peer) : IAsyncDisposable
{
    /// <param name="stubs">Where the stubs were generated: <see cref="PythonStubs.GenerateAsync"/>.</param>
    /// <param name="address"><c>host:port</c>.</param>
    /// <param name="authority">A PEM file that the server's certificate must verify against; null: plaintext.</param>
    public static ForeignClient Python(string stubs, string address, string? authority = null) =>
        new(Peer.Python(Path.Combine(Repository.Oracles, "extproc_client.py"), authority is null ? [stubs, address] : [stubs, address, authority]));

    public static ForeignClient Node(string address) =>
        new(Peer.Node(Path.Combine(Repository.Oracles, "extproc_client.cjs"), PythonStubs.Protos, address));

    public async Task<Conversation> ProcessAsync(params JsonObject[] steps) =>
        Conversation.From(await AskAsync(new JsonObject { ["op"] = "process", ["steps"] = new JsonArray([.. steps]) }));

    public async Task<IReadOnlyList<Conversation>> ManyAsync(int streams, params JsonObject[] steps)
    {
        var result = await AskAsync(new JsonObject { ["op"] = "many", ["streams"] = streams, ["steps"] = new JsonArray([.. steps]) });
        return [.. result["results"]!.AsArray().Select(r => Conversation.From(r!))];
    }

    public async Task<(int Code, string Details)> RawAsync(string path, params byte[][] messages)
    {
        var result = await AskAsync(new JsonObject
        {
            ["op"] = "raw",
            ["path"] = path,
            ["messages"] = new JsonArray([.. messages.Select(m => (JsonNode)Convert.ToBase64String(m))]),
        });
        return (result["code"]!.GetValue<int>(), result["details"]!.GetValue<string>());
    }

    /// <summary>A bare HTTP/2 request (Node's client only).</summary>
    public async Task<JsonNode> Http2Async(JsonObject headers, byte[]? body = null) => await AskAsync(new JsonObject
    {
        ["op"] = "h2",
        ["headers"] = headers,
        ["body"] = body is null ? null : Convert.ToBase64String(body),
    });

    public async Task<(int Code, string? Status)> CheckAsync(string service)
    {
        var result = await AskAsync(new JsonObject { ["op"] = "check", ["service"] = service });
        return (result["code"]!.GetValue<int>(), result["status"]?.GetValue<string>());
    }

    /// <summary>Watches a service's health for so many changes; <see cref="NextStatusAsync"/> has each.</summary>
    public Task BeginWatchAsync(string service, int count) =>
        peer.WriteLineAsync(new JsonObject { ["op"] = "watch", ["service"] = service, ["count"] = count }.ToJsonString());

    public async Task<string> NextStatusAsync() => (await ReadAsync())["status"]!.GetValue<string>();

    /// <summary>How a watch ended that was not the client's to end.</summary>
    public async Task<(int Code, string Details)> EndOfWatchAsync()
    {
        var end = await ReadAsync();
        return (end["code"]!.GetValue<int>(), end["details"]!.GetValue<string>());
    }

    /// <summary>Plays the steps up to a <see cref="Steps.Pause"/> among them.</summary>
    public async Task PlayUntilPausedAsync(params JsonObject[] steps)
    {
        var answer = await AskAsync(new JsonObject { ["op"] = "process", ["steps"] = new JsonArray([.. steps]) });
        Assert.True(answer["paused"]?.GetValue<bool>(), answer.ToJsonString());
    }

    /// <summary>Plays the rest.</summary>
    public async Task<Conversation> ResumeAsync()
    {
        await peer.WriteLineAsync("");
        return Conversation.From(await ReadAsync());
    }

    public ValueTask DisposeAsync() => peer.DisposeAsync();

    private async Task<JsonNode> AskAsync(JsonObject command)
    {
        await peer.WriteLineAsync(command.ToJsonString());
        return await ReadAsync();
    }

    private async Task<JsonNode> ReadAsync() => JsonNode.Parse(await peer.ReadLineAsync())!;
}
