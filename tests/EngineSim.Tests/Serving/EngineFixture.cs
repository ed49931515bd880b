using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.EngineSim.Serving;

/// <summary>A running engine with Qwen3's real tokenizer, and a client of it.</summary>
internal sealed class EngineFixture : IAsyncDisposable
{
    public const string Model = "Qwen3-32B";

    private static readonly Lazy<ModelAssets> Qwen3 = new(() => Loaded(ModelFolder.Load(Path.GetDirectoryName(Repository.Qwen3)!, Path.GetFileName(Repository.Qwen3))));

    private EngineFixture(EngineHost host)
    {
        Host = host;
        Client = new HttpClient { BaseAddress = host.Address };
    }

    public static ModelAssets Assets => Qwen3.Value;

    /// <summary>An engine that does not wait and publishes nothing.</summary>
    public static EngineOptions Instant { get; } = new()
    {
        ServedModel = Model,
        Port = 0,
        Speed = new EngineSpeed(TimeScale: 0),
        HashSeed = "42",
        Events = null,
    };

    public EngineHost Host { get; }

    public HttpClient Client { get; }

    public static async Task<EngineFixture> StartAsync(EngineOptions? options = null) =>
        new(Loaded(await EngineHost.StartAsync(options ?? Instant, Assets)));

    public async Task<JsonElement> CompleteAsync(object body) => await ReadAsync(await Client.PostAsJsonAsync("/v1/completions", body));

    public async Task<JsonElement> ChatAsync(object body) => await ReadAsync(await Client.PostAsJsonAsync("/v1/chat/completions", body));

    /// <summary>The data of all events of a stream, the final <c>[DONE]</c> included.</summary>
    public async Task<IReadOnlyList<string>> StreamAsync(string path, object body)
    {
        using var response = await Client.PostAsJsonAsync(path, body);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        return [.. text[..^2].Split("\n\n").Select(e => e["data: ".Length..])];
    }

    public Task<HttpResponseMessage> PostRawAsync(string path, string body) =>
        Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>Waits until every request has left the engine.</summary>
    public Task IdleAsync() =>
        Eventually.TrueAsync(() => Host.Statistics is { Running: 0, Waiting: 0, UsedBlocks: 0 }, "the engine is idle and uses no block");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
    }

    public static T Loaded<T>(Expected<T> expected)
        where T : notnull =>
        expected.Try(out var value, out var fault) ? value : throw new InvalidOperationException(fault.ToString());

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            return await response.Content.ReadFromJsonAsync<JsonElement>();
        }
    }
}
