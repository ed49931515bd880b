using System.Diagnostics;
using System.Globalization;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Bench.Predict;

/// <summary>
/// Predicted against actual cached tokens: growing conversations on engines whose caches are too small for all of them, so that
/// blocks are evicted all the time. A conversation's next turn waits until the router has heard of the last one, as it would
/// behind a person; conversations do not wait for each other.
/// </summary>
internal static class PredictBench
{
    private const int ConversationsEach = 30;

    /// <returns>Exit status: 0 when 99.9 % were right, else 1.</returns>
    public static async Task<int> RunAsync(string models, int requests, int engines, int blocks, int inFlight, bool json, CancellationToken cancellation)
    {
        var resources = new FleetResources { Ips = [.. Enumerable.Range(0, engines).Select(i => string.Create(CultureInfo.InvariantCulture, $"127.0.1.{i + 11}"))] };
        await using var scene = await PredictionScene.StartAsync(models, resources, engine => engine with { Blocks = blocks }, cancellation: cancellation);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(lane => PlayAsync(scene, lane, inFlight, requests, cancellation)));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var evicted = await EvictedAsync(scene, cancellation);
        var result = PredictResult.Of(await scene.PoolAsync(), evicted, elapsed);
        Console.WriteLine(json ? result.ToJson() : result.ToText());
        return result.IsAsPromised ? 0 : 1;
    }

    private static async Task PlayAsync(PredictionScene scene, int lane, int lanes, int requests, CancellationToken cancellation)
    {
        var conversations = new Conversations(seed: lane + 3, Math.Max(1, ConversationsEach / lanes));
        for (var i = lane; i < requests; i += lanes) await scene.SendAsync(conversations.Next(), stream: i % 3 == 0, cancellation);
    }

    private static async Task<long> EvictedAsync(PredictionScene scene, CancellationToken cancellation) =>
        (await scene.Admin.MetricsAsync(cancellation)).Split('\n')
            .Where(line => line.StartsWith("kvrouter_events_blocks_removed_total{", StringComparison.Ordinal))
            .Sum(line => (long)double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
}
