using System.Collections.Concurrent;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>Asks every silo that is up, over and over, how much of some prompt each engine holds: its walk, as the explain API gives it.</summary>
internal sealed class SiloWalks(ClusterSilos silos, ClusterFleet fleet, SiloTimes times) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(12);

    private readonly ConcurrentQueue<SiloWalk> _walks = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _walking = Task.CompletedTask;

    public void Start() => _walking = Task.WhenAll(Enumerable.Range(0, silos.Count).Select(silo => Task.Run(() => WalkAsync(silo))));

    /// <summary>The walks since the last call.</summary>
    public List<SiloWalk> Take()
    {
        var walks = new List<SiloWalk>();
        while (_walks.TryDequeue(out var walk)) walks.Add(walk);
        return walks;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _walking;
        _stop.Dispose();
    }

    private async Task WalkAsync(int silo)
    {
        using var admin = new AdminClient(silos.Admin[silo]);
        var engines = Enumerable.Range(0, fleet.Count).ToDictionary(fleet.AddressOf);
        var random = new Random(silo);
        while (!_stop.IsCancellationRequested)
        {
            var (prompt, began) = (random.Next(fleet.Prompts.Length), SiloTimes.Now);
            if (times.IsUp(silo, began, began))
            {
                try
                {
                    var explained = await admin.ExplainAsync(FleetResources.PoolName, ClusterFleet.Model, fleet.Prompts[prompt]).WaitAsync(_stop.Token);
                    var matched = new int[engines.Count];
                    foreach (var endpoint in explained.Endpoints) matched[engines[endpoint.Address]] = endpoint.MatchedBlocks;
                    _walks.Enqueue(new SiloWalk(began, SiloTimes.Now, silo, prompt, matched));
                }
                catch (HttpRequestException) when (!times.IsUp(silo, began, SiloTimes.Now))
                {
                    // It went down meanwhile.
                }
                catch (HttpRequestException)
                {
                    // The signal that ends it comes before the word that it is down, and a silo that is up answers: this counts.
                    _walks.Enqueue(new SiloWalk(began, SiloTimes.Now, silo, prompt, null));
                }
                catch (OperationCanceledException) when (_stop.IsCancellationRequested)
                {
                    return;
                }
            }

            await Task.Delay(Pause);
        }
    }
}

/// <summary>What a silo said of a prompt.</summary>
/// <param name="Began">Unix time.</param>
/// <param name="Ended">Unix time.</param>
/// <param name="Silo">Which.</param>
/// <param name="Prompt">Of which.</param>
/// <param name="Matched">Leading blocks that each engine holds; null where it gave no answer.</param>
internal sealed record SiloWalk(double Began, double Ended, int Silo, int Prompt, int[]? Matched);
