using System.Diagnostics;
using OrleansKvRouter.Bench.Clients;

namespace OrleansKvRouter.Bench.Route;

/// <summary>Measures one row: as many ext_proc round trips as fit into a time, so many at once.</summary>
internal sealed class RouteMeasurement(ExtProcClient client, AdminClient admin)
{
    private int _nextBody;

    public async Task<RouteResult> RunAsync(RouteCase row, TimeSpan time, CancellationToken cancellation)
    {
        var bodies = Bodies(row, time);
        var before = await RouterMetrics.ReadAsync(admin, cancellation);
        var work = new Work(bodies, Stopwatch.GetTimestamp(), time);
        var latencies = await Task.WhenAll(Enumerable.Range(0, row.InFlight).Select(_ => Task.Run(() => RouteAsync(row, work, cancellation), cancellation)));
        var elapsed = Stopwatch.GetElapsedTime(work.Started);
        var after = await RouterMetrics.ReadAsync(admin, cancellation);

        var sorted = latencies.SelectMany(l => l).Order().ToArray();
        return new RouteResult
        {
            BodyBytes = row.BodyBytes,
            Prefix = row.Warm ? "warm" : "cold",
            InFlight = row.InFlight,
            Requests = sorted.Length,
            DecisionsPerSecond = sorted.Length / elapsed.TotalSeconds,
            P50Microseconds = sorted[sorted.Length / 2],
            P99Microseconds = sorted[(int)(sorted.Length * 0.99)],
            DecisionMicroseconds = after.SecondsSince(before) / sorted.Length * 1e6,
            HitRate = after.HitRateSince(before),
            Stages = after.SharesSince(before),
        };
    }

    /// <summary>Made beforehand, because making them is no work of the router's. A cold one is used once, so there are more than fit into the time.</summary>
    private byte[][] Bodies(RouteCase row, TimeSpan time)
    {
        var count = row.Warm ? RouteCase.WarmPrompts : (int)(time.TotalSeconds * (row.BodyBytes > 8192 ? 3_000 : 12_000)) + 100;
        var first = row.Warm ? 0 : _nextBody;
        if (!row.Warm) _nextBody += count;
        return [.. Enumerable.Range(first, count).Select(row.Body)];
    }

    private async Task<List<double>> RouteAsync(RouteCase row, Work work, CancellationToken cancellation)
    {
        var latencies = new List<double>();
        while (Stopwatch.GetElapsedTime(work.Started) < work.Time)
        {
            var number = work.Take();
            if (!row.Warm && number >= work.Bodies.Length) break;
            var begun = Stopwatch.GetTimestamp();
            await using var stream = await client.OpenAsync(cancellation);
            var answer = await stream.RouteAsync("/v1/chat/completions", $"bench-{number}", work.Bodies[number % work.Bodies.Length], cancellation);
            latencies.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            if (answer.Destination is null) throw new InvalidOperationException($"request {number} was refused: {answer.Status} {answer.Error}");
        }

        return latencies;
    }

    private sealed class Work(byte[][] bodies, long started, TimeSpan time)
    {
        private int _taken;

        public byte[][] Bodies => bodies;

        public long Started => started;

        public TimeSpan Time => time;

        public int Take() => Interlocked.Increment(ref _taken) - 1;
    }
}
