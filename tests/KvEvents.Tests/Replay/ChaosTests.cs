using System.Diagnostics;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;
using Xunit.Abstractions;

namespace OrleansKvRouter.Tests.KvEvents.Replay;

/// <summary>Engines whose wires are slow and get cut, whose batches are lost and that restart: at rest the index says what they hold.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Requests = 120;

    [Fact]
    public async Task Engines_CutDelayedLostAndRestarted_AtRestTheIndexIsTheTruth()
    {
        // A wire that is cut takes the answer with it, so patience is short; attempts enough that it does not run out.
        using var subscription = new Subscription(options: new EventSubscriberOptions { Replay = new ReplayOptions { Attempts = 50 } });
        string[] schemas = ["v0.10.2", "v0.20.0", "v0.24.0", "v0.26.0", "v0.29.0", "v0.26.0"];
        var engines = await Task.WhenAll(schemas.Select((schema, number) => WiredEngine.StartAsync(subscription, number, schema)));
        subscription.Subscriber.Follow(subscription.Pods.All);

        using var quiet = new CancellationTokenSource();
        var time = PassTimeAsync(subscription.Time, quiet.Token);
        using var calm = new CancellationTokenSource();
        var trouble = CutAsync(engines, calm.Token);
        await Task.WhenAll(engines.Select(engine => engine.LiveAsync(Requests)));
        await calm.CancelAsync();
        await trouble;
        foreach (var engine in engines) await engine.AssertTruthAsync(subscription);
        await quiet.CancelAsync();
        await time;

        var statuses = engines.Select(engine => engine.Target.Status).ToArray();
        output.WriteLine(
            $"cuts {engines.Sum(engine => engine.Cuts)}, replayed {statuses.Sum(status => status.Replayed)}, purges {statuses.Sum(status => status.Purges)}, "
            + $"lost {statuses.Sum(status => status.Lost)}, restarts {subscription.Observed["restarts:pool"]}, replays {subscription.Observed["replays:complete"]} complete, "
            + $"{subscription.Observed["replays:failed"]} failed, {subscription.Observed["replays:abandoned"]} abandoned, held {subscription.Observed["held:kept"]}, "
            + $"duplicates {subscription.Observed["duplicates:pool"]}");
        Assert.All(engines, engine => Assert.True(engine.Target.Status.Replayed > 0, $"engine {engine.Number} was never replayed"));
        Assert.Equal(0, subscription.Observed["failures"]);
        foreach (var engine in engines) await engine.DisposeAsync();
    }

    /// <summary>The subscriber's clock stands still by itself; here it goes with the world's.</summary>
    private static async Task PassTimeAsync(ManualTime time, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            await Task.Delay(50, CancellationToken.None);
            time.Pass(Stopwatch.GetElapsedTime(started));
        }
    }

    private static async Task CutAsync(WiredEngine[] engines, CancellationToken until)
    {
        var random = new Random(23);
        while (!until.IsCancellationRequested)
        {
            await Task.Delay(150, CancellationToken.None);
            engines[random.Next(engines.Length)].Trouble(random);
        }

        foreach (var engine in engines) engine.Calm();
    }

    /// <summary>An engine behind proxies, for its events and for its replays; every other one is connected to.</summary>
    private sealed class WiredEngine(int number, Engine engine, FeedTarget target, TcpProxy events, TcpProxy replay) : IAsyncDisposable
    {
        public int Number => number;

        public FeedTarget Target => target;

        public int Cuts => events.Cuts + replay.Cuts;

        /// <summary>Two of the engines lose batches for good.</summary>
        private bool Loses => number % 3 == 2;

        public static async Task<WiredEngine> StartAsync(Subscription subscription, int number, string schema)
        {
            var ip = $"127.0.0.{11 + number}";
            var ports = Ports.Take(2);
            var replay = new TcpProxy(ports[1]);
            string[] arguments = ["--replay-endpoint", $"tcp://*:{ports[1]}", "--schema", schema, "--blocks", "48"];
            if (number % 2 == 0)
            {
                var events = new TcpProxy(subscription.Subscriber.Port);
                var target = subscription.Pods.Add(ip, sockets: new EngineSockets("127.0.0.1", 0, null, replay.Port));
                return new WiredEngine(number, await Engine.StartAsync(events.Port, $"kv@{ip}@{Subscription.Model}", arguments), target, events, replay);
            }
            else
            {
                var events = new TcpProxy(ports[0]);
                var target = subscription.Pods.Add(ip, sockets: new EngineSockets("127.0.0.1", 0, events.Port, replay.Port));
                return new WiredEngine(number, await Engine.StartBoundAsync(ports[0], arguments), target, events, replay);
            }
        }

        public async Task LiveAsync(int requests)
        {
            var random = new Random(number);
            for (var i = 0; i < requests; i++)
            {
                var prompt = Pods.Tokens(16 * random.Next(1, 9), first: 1_000 * (uint)random.Next(1, 60));
                var fate = random.Next(100);
                if (fate == 0) await engine.TellAsync(Engine.Control("restart"));
                if (fate == 1) await engine.PublishAsync(new { op = "clear" });
                await engine.PublishAsync(fate < 10 ? Engine.Dropped(prompt) : fate < 12 && Loses ? Engine.Lost(prompt) : Engine.Request(prompt));
            }

            // A last batch that nobody has would show in nothing.
            await engine.PublishAsync(Engine.Request(Pods.Tokens(16)));
        }

        public void Trouble(Random random)
        {
            events.Delay = random.Next(20);
            replay.Delay = random.Next(5);
            if (random.Next(3) == 0) replay.Cut();
            else events.Cut();
        }

        public void Calm() => (events.Delay, replay.Delay) = (0, 0);

        /// <summary>The index has what the engine holds; of one that lost batches for good, nothing that it does not hold.</summary>
        public async Task AssertTruthAsync(Subscription subscription)
        {
            var truth = await engine.BlocksAsync();
            await Eventually.TrueAsync(
                () =>
                {
                    var held = subscription.Index.BlocksOf(target.Holder);
                    return Loses
                        ? held.Length > 0 && held.All(block => truth.Any(real => real.Key == block.Key && real.Copies >= block.Copies))
                        : held.SequenceEqual(truth);
                },
                $"the index agrees with the {truth.Length} blocks of engine {number}");
        }

        public async ValueTask DisposeAsync()
        {
            await engine.DisposeAsync();
            events.Dispose();
            replay.Dispose();
        }
    }
}
