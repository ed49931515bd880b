using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Discovery.Engines;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// Keeps the pools told which models and adapters their engines list, so that a request's model can find its pool. Each
/// ready endpoint is asked when it appears in a pool and again every ten seconds, because adapters come and go at run time.
/// </summary>
internal sealed class ServedModelsPoller(PoolRegistry registry, ServedModelsClient client, TimeProvider time, ILogger<ServedModelsPoller> log) : BackgroundService
{
    private static readonly TimeSpan LookAround = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(10);
    private const int AtOnce = 16;

    private readonly ConcurrentDictionary<(PoolRuntime Pool, string Address), long> _asked = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookAround, time);
        do
        {
            await Parallel.ForEachAsync(Due(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken }, AskAsync);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private List<(PoolRuntime Pool, string Address)> Due()
    {
        var ready = (from pool in registry.Pools from endpoint in pool.View.Endpoints where endpoint.Spec.Ready select (pool, endpoint.Spec.Address)).ToList();
        foreach (var gone in _asked.Keys.Except(ready)) _asked.TryRemove(gone, out _);
        return [.. ready.Where(pair => !_asked.TryGetValue(pair, out var asked) || time.GetElapsedTime(asked) >= AskAgain)];
    }

    private async ValueTask AskAsync((PoolRuntime Pool, string Address) due, CancellationToken cancellation)
    {
        _asked[due] = time.GetTimestamp();
        if ((await client.ListAsync(due.Address, cancellation)).Try(out var models, out var fault)) due.Pool.Served.List(due.Address, models);
        else log.ModelsNotListed(fault);
    }
}
