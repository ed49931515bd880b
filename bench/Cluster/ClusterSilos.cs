using System.Globalization;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Loopback;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>The silos of a cluster: processes that come and go at addresses which stay. One thread at a time.</summary>
public sealed class ClusterSilos : IAsyncDisposable
{
    private readonly string _program;
    private readonly string _resources;
    private readonly string _models;
    private readonly string[][] _arguments;
    private readonly RouterProcess?[] _running;

    /// <param name="count">How many there may be.</param>
    /// <param name="program">The silo's program (OrleansKvRouter.Silo.dll), which this one does not contain.</param>
    /// <param name="resources">The resource documents of all.</param>
    /// <param name="models">The folder of model files.</param>
    /// <param name="data">Where snapshots and the list of silos are kept.</param>
    /// <param name="more">Further options of <c>silo</c> with their values.</param>
    public ClusterSilos(int count, string program, string resources, string models, string data, params string[] more)
    {
        (_program, _resources, _models, _running) = (program, resources, models, new RouterProcess?[count]);
        var names = (string[])["--ext-proc", "--health", "--admin", "--gateway", "--silo"];
        _arguments = new string[count][];
        (ExtProc, Admin, Events) = (new string[count], new string[count], new int[count]);
        for (var silo = 0; silo < count; silo++)
        {
            var ports = Ports.Take(names.Length + 1);
            string[] addresses = [.. names.SelectMany((name, i) => (string[])[name, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ports[i]}")])];
            (ExtProc[silo], Admin[silo], Events[silo]) = (addresses[1], addresses[5], ports[^1]);
            _arguments[silo] = [.. addresses, "--events", string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{ports[^1]}"), "--data", data, .. more];
        }
    }

    public int Count => _running.Length;

    /// <summary>Where each silo answers ext_proc, running or not.</summary>
    public string[] ExtProc { get; }

    /// <summary>Where each silo's admin API is.</summary>
    public string[] Admin { get; }

    /// <summary>The port on which each silo takes engines' connections.</summary>
    public int[] Events { get; }

    /// <summary>The silos that run.</summary>
    public int[] Running => [.. Enumerable.Range(0, Count).Where(silo => _running[silo] is { HasExited: false })];

    public RouterProcess this[int silo] => _running[silo] ?? throw new InvalidOperationException($"silo {silo} was not started");

    /// <summary>Starts a silo, and waits until it is ready.</summary>
    public async Task StartAsync(int silo)
    {
        if (_running[silo] is { } last) await last.DisposeAsync();
        _running[silo] = await RouterProcess.StartSiloAsync(_program, _resources, _models, _arguments[silo]);
    }

    /// <summary>Ends a silo with SIGTERM.</summary>
    public async Task DrainAsync(int silo)
    {
        await this[silo].DisposeAsync();
        _running[silo] = null;
    }

    public Task StartAsync(params int[] silos) => Task.WhenAll(silos.Select(StartAsync));

    public async ValueTask DisposeAsync() => await Task.WhenAll(_running.OfType<RouterProcess>().Select(async silo => await silo.DisposeAsync()));
}
