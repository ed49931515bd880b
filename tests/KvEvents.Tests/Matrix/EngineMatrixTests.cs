using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;
using Xunit.Abstractions;

namespace OrleansKvRouter.Tests.KvEvents.Matrix;

/// <summary>
/// Every wire era × form of hashes × key scheme × direction goes through one history, all at once, over real ZeroMQ. After
/// every step the walk of every chain says what the publisher itself says that the engine holds, tier by tier.
/// </summary>
public sealed class EngineMatrixTests(ITestOutputHelper output) : IDisposable
{
    private const int Subscribers = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly KvEventInstruments _instruments = new();
    private readonly Endpoints _endpoints = new();
    private readonly MatrixPools _pools = new();
    private readonly EventSubscriber[] _subscribers = new EventSubscriber[Subscribers];

    public void Dispose()
    {
        foreach (var subscriber in _subscribers) subscriber?.Dispose();
        _instruments.Dispose();
    }

    [Fact]
    public async Task History_OfEveryEra_EveryWalkEqualsThePublishersModelAfterEveryStep()
    {
        // 1. Engines that already have a history. A machine that stalls does not use up the attempts to replay it.
        var options = new EventSubscriberOptions { Address = "tcp://127.0.0.1:*", Replay = new ReplayOptions { Attempts = 50 } };
        for (var i = 0; i < Subscribers; i++)
        {
            _subscribers[i] = EventSubscriber.Start(options, _endpoints, _instruments, NullLogger<EventSubscriber>.Instance, TimeProvider.System).Value!;
        }

        var combinations = Combination.All;
        await using var fleet = await EventFleet.StartAsync(new FleetDescription(
            MatrixPools.EngineBlockSizes.ToDictionary(size => $"{size}", History.Chains),
            Pool: null,
            [.. combinations.Select((c, i) => c.Describe(i, c.Connects ? null : $"tcp://127.0.0.1:{_subscribers[i % Subscribers].Port}", MatrixPools.ChainsOf(c)))]));
        await fleet.AskAsync<EngineModel[]>(new { steps = History.BeforeTheRouter }, Patience);

        // 2. The router learns of them.
        var engines = combinations.Select((c, i) => _pools.Add(c, i, fleet.Sockets[i])).ToArray();
        for (var i = 0; i < engines.Length; i++) _endpoints.Add(i, engines[i].Target);
        for (var s = 0; s < Subscribers; s++) _subscribers[s].Follow([.. engines.Where((_, i) => i % Subscribers == s).Select(engine => engine.Target)]);

        // 3. Step by step.
        var started = Stopwatch.GetTimestamp();
        foreach (var step in History.Steps)
        {
            var models = await fleet.AskAsync<EngineModel[]>(new { steps = step.Batches }, Patience);
            for (var i = 0; i < engines.Length; i++) await AgreeAsync(engines[i], models[i], step);
        }

        Report(engines, Stopwatch.GetElapsedTime(started));
    }

    private async Task AgreeAsync(MatrixEngine engine, EngineModel model, Step step)
    {
        var difference = "";
        try
        {
            await Eventually.TrueAsync(
                () =>
                {
                    difference = engine.Target.Status.Cursor < model.Seq || engine.Target.Status.Trust.State == TrustState.Recovering
                        ? $"it got to batch {engine.Target.Status.Cursor} of {model.Seq}"
                        : _pools.DifferenceOf(engine, model, step.Claims);
                    return difference.Length == 0;
                },
                "",
                Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{engine.Combination}: {step.Name}: {difference}; {engine.Target.Status.Trust}");
        }
    }

    private void Report(MatrixEngine[] engines, TimeSpan time)
    {
        var statuses = engines.Select(engine => engine.Target.Status).ToArray();
        var live = statuses.Sum(status => status.Batches - status.Replayed);
        output.WriteLine(
            $"{engines.Length} combinations, {History.Steps.Count} steps each, {_pools.Walks} walks compared in {time.TotalSeconds:0.0} s; batches applied live {live}, "
            + $"replayed {statuses.Sum(status => status.Replayed)}, lost for good {statuses.Sum(status => status.Lost)}, purges {statuses.Sum(status => status.Purges)}; "
            + string.Join(", ", statuses.GroupBy(status => status.Trust.State).Select(group => $"{group.Count()} {group.Key}")));
        Assert.True(live > 20 * engines.Length, $"only {live} batches came live");
        Assert.All(engines, engine => Assert.True(
            engine.Target.Status.Trust.State == (engine.Combination.Scheme.IsComputable ? TrustState.Exact : TrustState.Mapped),
            $"{engine.Combination}: {engine.Target.Status.Trust}"));
    }
}
