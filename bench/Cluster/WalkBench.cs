using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>
/// Decisions over prompts of 1,000 blocks on one, two and three silos: what the walk of a decision takes as the silo that decides
/// measures it, and how many calls of other silos that took, as it counts them.
/// </summary>
internal static class WalkBench
{
    private const int Blocks = 1_000, BlockSize = 16, Prompts = 20;
    private const string Stage = "kvrouter_decision_stage_duration_seconds_bucket{stage=\"walk\",le=\"";

    private static readonly string[] Ips = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];

    /// <param name="program">The silo's program.</param>
    /// <param name="models">The folder of model files.</param>
    /// <param name="time">How long each row is measured.</param>
    /// <param name="json">Whether rows are JSON objects.</param>
    public static async Task<int> RunAsync(string program, string models, TimeSpan time, bool json)
    {
        if (!json) Console.WriteLine("silos  in flight  decisions/s  walk p50 µs  walk p99 µs  walk mean µs  decision µs  calls/walk  of each other silo  partial");
        for (var count = 1; count <= 3; count++)
        {
            var folder = Directory.CreateTempSubdirectory("kvrouter-cluster-").FullName;
            var resources = new FleetResources { Ips = Ips, BlockSize = BlockSize }.WriteTo(Path.Combine(folder, "resources"));
            await using (var silos = new ClusterSilos(count, program, resources, models, Path.Combine(folder, "data"), "--log-level", "warning"))
            {
                await silos.StartAsync([.. Enumerable.Range(0, count)]);
                using var client = new ExtProcClient(silos.ExtProc[0]);
                using var admin = new AdminClient(silos.Admin[0]);
                // Not counted: code that is not compiled for speed yet.
                await MeasureAsync(client, admin, count, 16, time / 2);
                foreach (var inFlight in (int[])[1, 16])
                {
                    var row = await MeasureAsync(client, admin, count, inFlight, time);
                    Console.WriteLine(json ? JsonSerializer.Serialize(row, JsonSerializerOptions.Web) : row.ToText());
                }
            }

            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static async Task<WalkRow> MeasureAsync(ExtProcClient client, AdminClient admin, int silos, int inFlight, TimeSpan time)
    {
        var random = new Random(5);
        byte[][] bodies = [.. Enumerable.Range(0, Prompts).Select(_ => Encoding.UTF8.GetBytes(
            $$"""{"model":"{{EngineFleet.Model}}","prompt":[{{string.Join(',', Enumerable.Range(0, (Blocks * BlockSize) + 1).Select(_ => random.Next(1, 150_000)))}}],"max_tokens":1}"""))];
        var before = await ReadAsync(admin);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(worker => Task.Run(async () =>
        {
            for (var number = worker; Stopwatch.GetElapsedTime(started) < time; number++)
            {
                await using var stream = await client.OpenAsync();
                var answer = await stream.RouteAsync("/v1/completions", $"walk-{worker}-{number}", bodies[number % bodies.Length]);
                if (answer.Destination is null) throw new InvalidOperationException($"a request was refused: {answer.Status} {answer.Error}");
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var after = await ReadAsync(admin);

        double Since(string series) => after.GetValueOrDefault(series) - before.GetValueOrDefault(series);
        var decisions = Since("kvrouter_decision_duration_seconds_count");
        var (whole, partial) = (Since("kvrouter_slices_walks_total{outcome=\"whole\"}"), Since("kvrouter_slices_walks_total{outcome=\"partial\"}"));
        var calls = after.Keys.Where(series => series.StartsWith("kvrouter_slices_remote_calls_total", StringComparison.Ordinal)).Sum(Since);
        (double Bound, double Count)[] buckets = [.. after.Keys.Where(series => series.StartsWith(Stage, StringComparison.Ordinal))
            .Select(series => (series[Stage.Length..^2] is "+Inf" ? double.PositiveInfinity : double.Parse(series[Stage.Length..^2], CultureInfo.InvariantCulture), Since(series))).Order()];
        return new WalkRow
        {
            Silos = silos,
            InFlight = inFlight,
            DecisionsPerSecond = decisions / elapsed.TotalSeconds,
            P50Microseconds = Quantile(buckets, 0.5) * 1e6,
            P99Microseconds = Quantile(buckets, 0.99) * 1e6,
            MeanMicroseconds = Since("kvrouter_decision_stage_duration_seconds_sum{stage=\"walk\"}") / decisions * 1e6,
            DecisionMicroseconds = Since("kvrouter_decision_duration_seconds_sum") / decisions * 1e6,
            CallsPerWalk = calls / (whole + partial),
            CallsPerWalkAndSilo = silos == 1 ? 0 : calls / (whole + partial) / (silos - 1),
            Partial = (long)partial,
        };
    }

    /// <summary>As Prometheus reckons it: evenly spread within the bucket that it falls into.</summary>
    private static double Quantile((double Bound, double Count)[] buckets, double share)
    {
        var wanted = buckets[^1].Count * share;
        var (from, below) = (0.0, 0.0);
        foreach (var (bound, count) in buckets)
        {
            if (count >= wanted) return double.IsInfinity(bound) ? from : from + ((bound - from) * (wanted - below) / Math.Max(1, count - below));
            (from, below) = (bound, count);
        }

        return from;
    }

    private static async Task<Dictionary<string, double>> ReadAsync(AdminClient admin)
    {
        var series = new Dictionary<string, double>();
        foreach (var line in (await admin.MetricsAsync()).Split('\n').Where(line => line.StartsWith("kvrouter_", StringComparison.Ordinal)))
        {
            var end = line.LastIndexOf(' ');
            series[line[..end]] = double.Parse(line.AsSpan(end + 1), CultureInfo.InvariantCulture);
        }

        return series;
    }
}

/// <summary>One row of <c>bench cluster</c>.</summary>
public sealed record WalkRow
{
    public string Bench { get; } = "cluster";

    public required int Silos { get; init; }

    public required int InFlight { get; init; }

    public required double DecisionsPerSecond { get; init; }

    /// <summary>Of the walk of 1,000 keys, from the buckets of the router's own histogram.</summary>
    public required double P50Microseconds { get; init; }

    public required double P99Microseconds { get; init; }

    public required double MeanMicroseconds { get; init; }

    /// <summary>Of the whole decision, the mean: reading and hashing 16,001 token ids is most of it.</summary>
    public required double DecisionMicroseconds { get; init; }

    /// <summary>Calls of other silos a walk, as the silo counts both.</summary>
    public required double CallsPerWalk { get; init; }

    /// <summary>The same for each other silo.</summary>
    public required double CallsPerWalkAndSilo { get; init; }

    /// <summary>Walks that went on without a silo that was silent.</summary>
    public required long Partial { get; init; }

    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Silos,5}  {InFlight,9}  {DecisionsPerSecond,11:0}  {P50Microseconds,11:0}  {P99Microseconds,11:0}  {MeanMicroseconds,12:0}  {DecisionMicroseconds,11:0}  {CallsPerWalk,10:0.00}  {CallsPerWalkAndSilo,18:0.00}  {Partial,7}");
}
