using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Chaos;

/// <param name="Engines">How many; half of them connect to the router, half are connected to.</param>
/// <param name="Rate">Batches a second, of all together.</param>
/// <param name="Time">How long they publish.</param>
/// <param name="Seed">What they are asked.</param>
internal sealed record ChaosOptions(int Engines, double Rate, TimeSpan Time, int Seed)
{
    /// <summary>How patiently the router asks for what it missed.</summary>
    public ReplayOptions Replay { get; init; } = new();
}

/// <summary>
/// Engines whose wires lose messages, are slow and get cut, that keep batches back, restart and clear: at rest the index says
/// of every engine what that holds. The engines are Python's, with the real libzmq; so are their truths.
/// </summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(3);

    private readonly ChaosOptions _options;
    private readonly KvEventInstruments _instruments = new();
    private readonly Observed _observed;
    private readonly InMemoryBlockIndex _index = new();
    private readonly PoolKeyScheme _scheme = PoolKeyScheme.Create(ChaosFleet.Algorithm, ChaosFleet.Seed).Value!;
    private readonly Endpoints _endpoints = new();
    private readonly EventSubscriber _subscriber;
    private readonly List<ChaosEngine> _engines = [];
    private EventFleet? _fleet;
    private FleetChain[] _prompts = [];

    private ChaosRun(ChaosOptions options)
    {
        _options = options;
        _observed = new Observed(_instruments);
        var started = EventSubscriber.Start(
            new EventSubscriberOptions { Address = "tcp://127.0.0.1:*", Replay = options.Replay }, _endpoints, _instruments, NullLogger<EventSubscriber>.Instance, TimeProvider.System);
        _subscriber = started.Try(out var subscriber, out var fault) ? subscriber : throw new InvalidOperationException(fault.ToString());
    }

    public static async Task<ChaosReport> RunAsync(ChaosOptions options)
    {
        await using var run = new ChaosRun(options);
        return await run.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _subscriber.Dispose();
        if (_fleet is not null) await _fleet.DisposeAsync();
        foreach (var engine in _engines) engine.Dispose();
        _observed.Dispose();
        _instruments.Dispose();
    }

    private async Task<ChaosReport> RunAsync()
    {
        // 1. Engines, wires, router.
        _prompts = ChaosFleet.Prompts(_options.Seed);
        _fleet = await StartFleetAsync();
        _subscriber.Follow([.. _engines.Select(engine => engine.Target)]);

        // 2. Trouble for as long as they publish.
        using var calm = new CancellationTokenSource();
        var trouble = TroubleAsync(calm.Token);
        var counts = await _fleet.AskAsync<Dictionary<string, long>>(
            new { live = new { rate = _options.Rate, seconds = _options.Time.TotalSeconds, seed = _options.Seed } }, _options.Time + LongestRest);
        await calm.CancelAsync();
        await trouble;

        // 3. Rest: all is known of everybody who lost nothing for good, and nothing wrong of the others.
        var rest = await RestAsync(clear: false, engine => !engine.IsLossy);

        // 4. Those clear their caches: all is known of everybody.
        var end = await RestAsync(clear: true, _ => true);
        return Report(counts, rest, end);
    }

    /// <summary>Has everybody serve a little more, and waits until the index agrees, or for as long as patience lasts.</summary>
    private async Task<Rest> RestAsync(bool clear, Func<ChaosEngine, bool> isKnown)
    {
        var began = Stopwatch.GetTimestamp();
        var settled = await _fleet!.AskAsync<Dictionary<string, long>>(new { settle = new { clear } }, LongestRest);
        var truths = await _fleet.AskAsync<EngineTruth[]>(new { truth = true }, LongestRest);
        var truth = new ChaosTruth(_index, _scheme.Function, _prompts);
        while (true)
        {
            var differences = truth.Compare(_engines, truths);
            for (var i = 0; i < differences.Length; i++)
            {
                if (!isKnown(_engines[i])) differences[i].Missing = 0;
            }

            var time = Stopwatch.GetElapsedTime(began);
            if (differences.All(d => d == default) || time > LongestRest) return new Rest(settled["sent"], time, truths, differences);
            await Task.Delay(20);
        }
    }

    private async Task<EventFleet> StartFleetAsync()
    {
        // An engine that connects needs its wire's port first, one that is connected to has to be there before its wire.
        var toRouter = Enumerable.Range(0, _options.Engines).Select(i => i % 2 == 0 ? new Wire(_subscriber.Port) : null).ToArray();
        var descriptions = toRouter.Select((wire, i) => ChaosFleet.Engine(i, wire is null ? null : $"tcp://127.0.0.1:{wire.Port}", _prompts)).ToArray();
        var fleet = await EventFleet.StartAsync(new FleetDescription(
            new Dictionary<string, FleetChain[]> { [$"{ChaosFleet.BlockSize}"] = _prompts },
            new PoolDescription(ChaosFleet.Algorithm, ChaosFleet.Seed, ChaosFleet.BlockSize),
            descriptions));
        for (var i = 0; i < _options.Engines; i++)
        {
            var events = toRouter[i] ?? new Wire(fleet.Sockets[i].Events!.Value);
            var replays = new Wire(fleet.Sockets[i].Replay);
            var sockets = new EngineSockets("127.0.0.1", 0, toRouter[i] is null ? events.Port : null, replays.Port);
            var target = new FeedTarget("pool", $"engine-{i}", _index, _index.AddHolder(), _scheme, ChaosFleet.BlockSize) { Sockets = sockets };
            _endpoints.Add(i, target);
            _engines.Add(new ChaosEngine(target, events, replays, descriptions[i].Lossy));
        }

        return fleet;
    }

    private async Task TroubleAsync(CancellationToken until)
    {
        var random = new Random(_options.Seed);
        foreach (var engine in _engines) engine.BeginTrouble();
        do
        {
            await Task.Delay(100, CancellationToken.None);
            _engines[random.Next(_engines.Count)].Cut(random);
        }
        while (!until.IsCancellationRequested);

        foreach (var engine in _engines) engine.EndTrouble();
    }

    private ChaosReport Report(Dictionary<string, long> counts, Rest rest, Rest end)
    {
        var statuses = _engines.Select(engine => engine.Target.Status).ToArray();
        var sent = counts["sent"] + rest.Sent + end.Sent;
        return new ChaosReport
        {
            Engines = _options.Engines,
            Seconds = _options.Time.TotalSeconds,
            Sent = sent,
            LostLive = sent - statuses.Sum(status => status.Batches - status.Replayed),
            DroppedByWires = _engines.Sum(engine => engine.Dropped),
            Cuts = _engines.Sum(engine => engine.Cuts),
            Replayed = statuses.Sum(status => status.Replayed),
            LostForGood = statuses.Sum(status => status.Lost),
            Purged = statuses.Sum(status => status.Purges),
            Stitched = _observed["children:stitched"],
            Restarts = counts.GetValueOrDefault("restarts"),
            RestartsSeen = _observed["restarts:pool"],
            Duplicates = _observed["duplicates:pool"],
            Failures = _observed["failures"],
            SecondsToRest = rest.Time.TotalSeconds,
            Blocks = rest.Truths.Sum(truth => truth.Keys.LongLength),
            Wrong = rest.Differences.Concat(end.Differences).Sum(difference => difference.Wrong),
            Missing = rest.Differences.Concat(end.Differences).Sum(difference => difference.Missing),
            Differing = [.. DifferingAt("rest", rest), .. DifferingAt("the end", end)],
        };
    }

    private IEnumerable<string> DifferingAt(string moment, Rest rest) =>
        from pair in _engines.Zip(rest.Differences)
        where pair.Second != default
        select $"at {moment}, {pair.First.Target.Endpoint} ({pair.First.Target.Status.Trust}): {pair.Second.Wrong} wrong, {pair.Second.Missing} missing";

    /// <param name="Sent">Batches that were sent to come to it.</param>
    /// <param name="Time">How long it took.</param>
    /// <param name="Truths">What the engines hold.</param>
    /// <param name="Differences">What the index says otherwise.</param>
    private sealed record Rest(long Sent, TimeSpan Time, EngineTruth[] Truths, (long Wrong, long Missing)[] Differences);
}
