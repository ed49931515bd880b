using System.Net.Http.Headers;
using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.Discovery.Engines;

/// <summary>Asks engines which models they serve (<c>GET /v1/models</c>, OpenAI's list with vLLM's <c>parent</c>). Any thread may ask.</summary>
public sealed class ServedModelsClient : IDisposable
{
    private const int MaxAnswerBytes = 1 << 20;
    private readonly HttpClient _http;

    /// <param name="patience">For one answer, from connecting to its last byte; by default 2 s.</param>
    public ServedModelsClient(TimeSpan? patience = null)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = patience ?? TimeSpan.FromSeconds(2),
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
    }

    /// <summary>The models of the engine at <paramref name="address"/> (<c>ip:port</c>); a fault that names the address where it does not answer as it should.</summary>
    public async Task<Expected<IReadOnlyList<ServedModel>>> ListAsync(string address, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{address}/v1/models");
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            using var response = await _http.SendAsync(request, cancellation);
            if (!response.IsSuccessStatusCode) return new Fault($"http://{address}/v1/models answered {(int)response.StatusCode}");
            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            return Read(answer.RootElement) is { } models
                ? Expected.Of<IReadOnlyList<ServedModel>>(models)
                : new Fault($"http://{address}/v1/models answered JSON that is no list of models");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return new Fault($"http://{address}/v1/models cannot be read: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private static List<ServedModel>? Read(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array) return null;
        var models = new List<ServedModel>();
        foreach (var entry in data.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || Text(entry, "id") is not { } id) return null;
            models.Add(new ServedModel(id, Text(entry, "parent")));
        }

        return models;
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
