using System.Globalization;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Loopback;

namespace OrleansKvRouter.Bench.Processes;

/// <summary>A cluster of the router on this machine: a silo a process, one folder for what they share.</summary>
public sealed class SiloProcesses : IAsyncDisposable
{
    private readonly List<RouterProcess> _running = [];

    private SiloProcesses() { }

    /// <summary>The silos that run, in the order in which they were started.</summary>
    public IReadOnlyList<RouterProcess> Running => _running;

    /// <summary>Starts silos one after the other, each when the one before is ready.</summary>
    /// <param name="program">The silo's program (OrleansKvRouter.Silo.dll), which this one does not contain.</param>
    /// <param name="count">How many.</param>
    /// <param name="resources">Resource documents: a file or a folder.</param>
    /// <param name="models">The folder of model files.</param>
    /// <param name="data">The folder that they share.</param>
    public static async Task<SiloProcesses> StartAsync(string program, int count, string resources, string models, string data)
    {
        var silos = new SiloProcesses();
        try
        {
            foreach (var port in Ports.Take(count))
            {
                silos._running.Add(await RouterProcess.StartSiloAsync(program, resources, models, "--data", data, "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));
            }

            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends a silo at once, without a chance to do anything.</summary>
    public async Task KillAsync(RouterProcess silo)
    {
        _running.Remove(silo);
        await silo.KillAsync();
        await silo.DisposeAsync();
    }

    /// <summary>Waits until an engine's owner, which is one of the silos, has applied its batches up to and including a sequence number.</summary>
    public async Task CaughtUpAsync(string pool, string endpointAddress, long sequence, CancellationToken cancellation = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (await CursorAsync(pool, endpointAddress, patience.Token) < sequence) await Task.Delay(10, patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _running) await silo.DisposeAsync();
        _running.Clear();
    }

    /// <summary>The highest that a silo says.</summary>
    private async Task<long> CursorAsync(string pool, string endpointAddress, CancellationToken cancellation)
    {
        var highest = -1L;
        foreach (var silo in _running)
        {
            using var admin = new AdminClient(silo.Admin);
            highest = Math.Max(highest, (await admin.PoolAsync(pool, cancellation)).Endpoints.First(endpoint => endpoint.Address == endpointAddress).Cursor);
        }

        return highest;
    }
}
