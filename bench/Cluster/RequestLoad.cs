using System.Text.Json;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>Requests over the silos' ext_proc ports by a client that is not ours (<c>tests/oracles/extproc_load.py</c>).</summary>
internal sealed class RequestLoad : IAsyncDisposable
{
    private readonly string _stubs = Directory.CreateTempSubdirectory("kvrouter-stubs-").FullName;
    private Peer? _client;

    private RequestLoad() { }

    /// <param name="routers">Where the silos answer.</param>
    /// <param name="prompts">What is asked.</param>
    /// <param name="rate">Requests a second.</param>
    public static async Task<RequestLoad> StartAsync(string[] routers, uint[][] prompts, double rate)
    {
        var load = new RequestLoad();
        await PythonStubs.GenerateAsync(load._stubs);
        load._client = Peer.Python(Path.Combine(Repository.Oracles, "extproc_load.py"), load._stubs);
        string[] bodies = [.. prompts.Select(tokens => $$"""{"model":"{{ClusterFleet.Model}}","prompt":[{{string.Join(',', tokens)}}],"max_tokens":1}""")];
        await load._client.WriteLineAsync(JsonSerializer.Serialize(new { routers, rate, path = "/v1/completions", bodies }));
        return load;
    }

    /// <summary>From now on there are so many a second; 0: none.</summary>
    public Task SetRateAsync(double rate) => _client!.WriteLineAsync(JsonSerializer.Serialize(new { rate }));

    /// <summary>The streams that ended since the last call.</summary>
    public async Task<AskedStream[]> TakeAsync()
    {
        await _client!.WriteLineAsync("""{"take": true}""");
        using var rows = JsonDocument.Parse(await _client.ReadLineAsync());
        return [.. rows.RootElement.EnumerateArray().Select(row => new AskedStream(
            row[0].GetDouble(), row[1].GetDouble(), row[2].GetInt32(), row[3].GetInt32(), row[4].GetInt32(), row[5].GetString(), row[6].GetInt32(), row[7].GetString()!))];
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null) await _client.DisposeAsync();
        Directory.Delete(_stubs, recursive: true);
    }
}

/// <summary>An ext_proc stream.</summary>
/// <param name="Began">Unix time.</param>
/// <param name="Ended">Unix time.</param>
/// <param name="Silo">Whom it asked.</param>
/// <param name="Prompt">About which prompt.</param>
/// <param name="Code">gRPC's.</param>
/// <param name="Picked">The endpoint.</param>
/// <param name="Status">200, or that of a refusal.</param>
/// <param name="Details">What gRPC says.</param>
internal sealed record AskedStream(double Began, double Ended, int Silo, int Prompt, int Code, string? Picked, int Status, string Details)
{
    public bool IsAnswered => Code == 0 && Picked is not null;
}
