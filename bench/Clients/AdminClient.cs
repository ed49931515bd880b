using System.Net.Http.Json;
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

    public Task<string> MetricsAsync(CancellationToken cancellation = default) => _http.GetStringAsync("/metrics", cancellation);

    public void Dispose() => _http.Dispose();
}
