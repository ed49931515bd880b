using System.Diagnostics;
using System.Globalization;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Tests.Support.Postgres;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>
/// Silos in processes of their own, a PostgreSQL, engines that are Python's and a data plane that is Python's; what becomes of them while
/// something happens to a silo.
/// </summary>
internal sealed class ClusterTrial : IAsyncDisposable
{
    /// <summary>How long an index may take to equal its engines at rest: a stalled machine and a replay that is tried again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-cluster-").FullName;
    private readonly ClusterOptions _options;
    private EventService? _service;
    private RequestLoad? _load;
    private SiloWalks? _walks;
    private int _storms;

    private ClusterTrial(ClusterOptions options) => _options = options;

    public PostgresServer Postgres { get; private set; } = null!;

    public ClusterSilos Silos { get; private set; } = null!;

    public ClusterFleet Fleet { get; private set; } = null!;

    public SiloTimes Times { get; } = new();

    public static async Task<ClusterTrial> StartAsync(string program, string models, ClusterOptions options)
    {
        var trial = new ClusterTrial(options);
        try
        {
            await trial.StartAsync(program, models);
            return trial;
        }
        catch
        {
            await trial.DisposeAsync();
            throw;
        }
    }

    /// <summary>Events and requests, in the midst of which something happens, and the rest after it.</summary>
    /// <param name="disturbance">What happens; it returns when it is over and says when it began.</param>
    /// <param name="after">How long events and requests go on then.</param>
    public async Task<Judgement> StormAsync(Func<Task<double>> disturbance, TimeSpan after)
    {
        _walks!.Take();
        await _load!.TakeAsync();
        var before = await WalkCounts.ReadAsync(Silos);
        var storming = Fleet.StormAsync(_options.BatchRate, _options.Seed + ++_storms);
        var disturbed = await disturbance();
        await Task.Delay(after);
        await Fleet.EndStormAsync();
        var storm = await storming;
        var truth = await Fleet.TruthAfterStormAsync();
        var judgement = new Judge(Fleet, Times).Of(storm, _walks.Take(), await _load.TakeAsync(), disturbed) with { PartialWalks = (await WalkCounts.ReadAsync(Silos)).PartialSince(before) };
        // The last batches may be ones that nobody heard: a few more show that.
        return await RestAsync(judgement, await Fleet.SettleAsync(clear: false), cleared: false);
    }

    /// <summary>Waits until every silo that is up says of every engine what that holds; what differs where patience ends.</summary>
    public async Task<Judgement> RestAsync(Judgement judgement, HashSet<ulong>[] truth, bool cleared)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            List<string> differing = [];
            var (wrong, missing) = (0L, 0L);
            foreach (var silo in Silos.Running)
            {
                var (moreWrong, moreMissing) = await CompareAsync(silo, truth, cleared, differing);
                (wrong, missing) = (wrong + moreWrong, missing + moreMissing);
            }

            var time = Stopwatch.GetElapsedTime(began);
            if ((wrong, missing) == (0, 0) || time > Patience)
            {
                return judgement with { WrongEntries = wrong, MissingEntries = missing, RestSeconds = time.TotalSeconds, Examples = [.. judgement.Examples, .. differing.Take(20)] };
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Ends a silo at once.</summary>
    public async Task<double> KillAsync(int silo)
    {
        Times.Down(silo);
        var killed = SiloTimes.Now;
        await Silos[silo].KillAsync();
        return killed;
    }

    /// <summary>Ends a silo as Kubernetes would: SIGTERM, then patience.</summary>
    public async Task<double> DrainAsync(int silo)
    {
        Times.Down(silo);
        var told = SiloTimes.Now;
        await Silos.DrainAsync(silo);
        return told;
    }

    /// <summary>Starts a silo; it counts from the moment at which it is ready.</summary>
    public async Task BringUpAsync(int silo)
    {
        await Silos.StartAsync(silo);
        Times.Up(silo);
    }

    /// <summary>
    /// Starts a silo while nobody asks and no engine tells anything, and then has all of them work until its code is compiled for speed: for trials that are
    /// not about starting, on machines where a start takes more than the processors that are left.
    /// </summary>
    public async Task BringUpInCalmAsync(int silo)
    {
        await _load!.SetRateAsync(0);
        await BringUpAsync(silo);
        await _load.SetRateAsync(_options.RequestRate);
        await StormAsync(() => Task.FromResult(SiloTimes.Now), WarmUp);
    }

    public async ValueTask DisposeAsync()
    {
        if (_walks is not null) await _walks.DisposeAsync();
        if (_load is not null) await _load.DisposeAsync();
        if (Silos is not null) await Silos.DisposeAsync();
        _service?.Dispose();
        if (Fleet is not null) await Fleet.DisposeAsync();
        if (Postgres is not null) await Postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(string program, string models)
    {
        // 1. What silos share, the silos' addresses, the engines, which may want these, and the silos.
        Postgres = await PostgresServer.StartNewAsync();
        var resources = Path.Combine(_folder, "resources");
        Silos = new ClusterSilos(_options.Silos + _options.Later, program, resources, models, await Postgres.NewDatabaseAsync(), "--log-level", "warning", "--snapshot-interval", "1",
            "--walk-patience", _options.WalkPatience.ToString(CultureInfo.InvariantCulture));
        _service = _options.Bind ? new EventService(Silos.Events) : null;
        Fleet = await ClusterFleet.StartAsync(_options.Engines, _options.Seed, _service?.Address);
        Fleet.Resources.WriteTo(resources);
        await Silos.StartAsync([.. Enumerable.Range(0, _options.Silos)]);
        for (var silo = _options.Silos; silo < Silos.Count; silo++) Times.Down(silo);

        // 2. All engines are heard: what was published before a connection stood is known once more was.
        var rest = new Judgement { WrongEntries = 1 };
        for (var round = 0; round < 3 && (rest.WrongEntries, rest.MissingEntries) != (0, 0); round++) rest = await RestAsync(new Judgement(), await Fleet.SettleAsync(clear: true), cleared: true);
        if ((rest.WrongEntries, rest.MissingEntries) != (0, 0)) throw new InvalidOperationException("the index does not equal the engines at the start:\n" + string.Join('\n', rest.Examples));
        _load = await RequestLoad.StartAsync(Silos.ExtProc, Fleet.Prompts, _options.RequestRate);
        _walks = new SiloWalks(Silos, Fleet, Times);
        _walks.Start();

        // 3. Not counted: the first seconds run code that is not compiled for speed yet.
        await StormAsync(() => Task.FromResult(SiloTimes.Now), WarmUp);
    }

    private async Task<(long Wrong, long Missing)> CompareAsync(int silo, HashSet<ulong>[] truth, bool cleared, List<string> differing)
    {
        using var admin = new AdminClient(Silos.Admin[silo]);
        var pool = await admin.PoolAsync(FleetResources.PoolName);
        var explained = new List<ExplainResult>();
        foreach (var prompt in Fleet.Prompts) explained.Add(await admin.ExplainAsync(FleetResources.PoolName, ClusterFleet.Model, prompt));
        List<string> here = [];
        var found = Fleet.Compare(pool, explained, truth, cleared, here);
        differing.AddRange(here.Select(what => $"silo {silo}, {what}"));
        return found;
    }
}

/// <param name="Bind">Whether engines connect to the silos, through what a Service does; else silos connect to them.</param>
/// <param name="Silos">Silos at the start.</param>
/// <param name="Engines">Engines.</param>
/// <param name="RequestRate">Requests a second.</param>
/// <param name="BatchRate">Batches of events a second, of all engines together.</param>
/// <param name="Seed">Of all that is random.</param>
/// <param name="Later">Further silos, which are not started.</param>
/// <param name="WalkPatience">How long a decision waits for another silo, in milliseconds.</param>
internal sealed record ClusterOptions(
    bool Bind, int Silos = 3, int Engines = 12, double RequestRate = 200, double BatchRate = 200, int Seed = 41, int Later = 0, int WalkPatience = 250);
