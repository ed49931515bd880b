using System.Diagnostics;
using System.Globalization;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Tests.Cluster.Bench;

/// <summary>Walks, some of them at any time, each checked for what it must find.</summary>
internal static class WalkMeasure
{
    public static async Task<WalkRow> RunAsync(SlicedIndex index, Content content, int inFlight, TimeSpan time, CallCounter counter)
    {
        var (calls, allocated, processor) = (counter.Calls, GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime);
        var began = Stopwatch.GetTimestamp();
        var workers = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(worker => Task.Run(() => WalkAsync(index, content, worker, began, time))));
        var elapsed = Stopwatch.GetElapsedTime(began);
        double[] times = [.. workers.SelectMany(worker => worker.Microseconds).Order()];
        return new WalkRow
        {
            InFlight = inFlight,
            WalksPerSecond = times.Length / elapsed.TotalSeconds,
            P50Microseconds = times[times.Length / 2],
            P99Microseconds = times[(int)(times.Length * 0.99)],
            ProcessorMicroseconds = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / times.Length,
            Bytes = (GC.GetTotalAllocatedBytes() - allocated) / (double)times.Length,
            CallsPerWalk = (counter.Calls - calls) / (double)times.Length,
            Wrong = workers.Sum(worker => worker.Wrong),
        };
    }

    private static async Task<(List<double> Microseconds, long Wrong)> WalkAsync(SlicedIndex index, Content content, int worker, long began, TimeSpan time)
    {
        var matches = new PrefixMatches();
        var (times, wrong) = (new List<double>(), 0L);
        for (var number = worker; Stopwatch.GetElapsedTime(began) < time; number += 7)
        {
            var chain = number % Content.Chains;
            var started = Stopwatch.GetTimestamp();
            await index.WalkAsync(content.Keys[chain], matches);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
            if (!content.IsFound(chain, matches)) wrong++;
        }

        return (times, wrong);
    }
}

/// <summary>One row.</summary>
public sealed record WalkRow
{
    public const string Header = "silos  in flight   walks/s   p50 µs   p99 µs  processor µs  bytes/walk  calls/walk  wrong";

    public string Bench { get; } = "walks";

    public int Silos { get; init; }

    /// <summary>Walks at any time.</summary>
    public required int InFlight { get; init; }

    public required double WalksPerSecond { get; init; }

    public required double P50Microseconds { get; init; }

    public required double P99Microseconds { get; init; }

    /// <summary>Processor time of a walk in the silo that asks; the silos that are asked need some too.</summary>
    public required double ProcessorMicroseconds { get; init; }

    /// <summary>What a walk allocates in the silo that asks.</summary>
    public required double Bytes { get; init; }

    /// <summary>Calls of other silos, as the silo counts them.</summary>
    public required double CallsPerWalk { get; init; }

    /// <summary>Walks that did not find exactly what engines hold.</summary>
    public required long Wrong { get; init; }

    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Silos,5}  {InFlight,9}  {WalksPerSecond,8:0}  {P50Microseconds,7:0}  {P99Microseconds,7:0}  {ProcessorMicroseconds,12:0}  {Bytes,10:0}  {CallsPerWalk,10:0.00}  {Wrong,5}");
}
