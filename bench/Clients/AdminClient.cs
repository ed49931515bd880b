using System.Net.Http.Json;
using System.Text;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.Bench.Clients;

/// <summary>The router's admin API, as far as the demo and the tests read it.</summary>
public sealed class AdminClient(string address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{address}") };

    public async Task<PoolStatus> PoolAsync(string pool, CancellationToken cancellation = default) =>
        (await _http.GetFromJsonAsync($"/api/pools/{pool}", AdminJson.Default.PoolStatus, cancellation))!;

    /// <summary>The decision on a request among the last ones; null when there is none.</summary>
    public async Task<Decision?> DecisionAsync(string requestId, CancellationToken cancellation = default) =>
        (await _http.GetFromJsonAsync("/api/decisions", AdminJson.Default.IReadOnlyListDecision, cancellation))!.FirstOrDefault(d => d.RequestId == requestId);

    /// <summary>Waits until the router has applied an endpoint's batches up to and including a sequence number.</summary>
    public async Task CaughtUpAsync(string pool, string endpointAddress, long sequence, CancellationToken cancellation = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while ((await PoolAsync(pool, patience.Token)).Endpoints.First(e => e.Address == endpointAddress).Cursor < sequence) await Task.Delay(2, patience.Token);
    }

    /// <summary>Where a prompt of token ids would go, and who holds how much of it.</summary>
    public async Task<ExplainResult> ExplainAsync(string pool, string model, IEnumerable<uint> prompt, CancellationToken cancellation = default)
    {
        using var body = new StringContent($$"""{"model":"{{model}}","prompt":[{{string.Join(',', prompt)}}]}""", Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync($"/api/pools/{pool}/explain?path=/v1/completions", body, cancellation);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(AdminJson.Default.ExplainResult, cancellation))!;
    }

    /// <summary>Where a chat would go, and who holds how much of it.</summary>
    public async Task<ExplainResult> ExplainAsync(string pool, byte[] chat, CancellationToken cancellation = default)
    {
        using var body = new ByteArrayContent(chat);
        using var answer = await _http.PostAsync($"/api/pools/{pool}/explain", body, cancellation);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(AdminJson.Default.ExplainResult, cancellation))!;
    }

    public Task<string> MetricsAsync(CancellationToken cancellation = default) => _http.GetStringAsync("/metrics", cancellation);

    public void Dispose() => _http.Dispose();
}
