using System.CommandLine;
using System.Globalization;
using OrleansKvRouter.Bench.Index;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.Bench.Snapshots;

/// <summary><c>bench snapshot</c>.</summary>
internal static class SnapshotCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines" };
        var memberships = new Option<int>("--memberships") { Description = "M: (endpoint, block) pairs", DefaultValueFactory = _ => 10_000_000 };
        var length = new Option<int>("--length") { Description = "L: blocks a prompt", DefaultValueFactory = _ => 500 };
        var workers = new Option<int>("--workers") { Description = "W: endpoints", DefaultValueFactory = _ => 100 };
        var runs = new Option<int>("--runs") { Description = "A figure is the median of so many", DefaultValueFactory = _ => 5 };
        var data = new Option<string?>("--data") { HelpName = "PLACE", Description = "Where to write, a folder or a PostgreSQL database; emptied of what was written there. A temporary folder unless given" };
        var command = new Command("snapshot", "Snapshots of CHAIN(M, L, W): written, loaded, and what they cost the walks meanwhile") { memberships, length, workers, runs, data, json };
        command.SetAction(line =>
        {
            var workload = new ChainWorkload(line.GetValue(memberships), line.GetValue(length), Math.Max(2, line.GetValue(workers)));
            var temporary = Directory.CreateTempSubdirectory("kvrouter-bench-");
            try
            {
                if (!DataPlace.Open(line.GetValue(data) ?? temporary.FullName, Sharing.Alone).Try(out var place, out var fault))
                {
                    Console.Error.WriteLine($"--data: {fault}");
                    return 1;
                }

                using (place)
                using (var bench = new SnapshotBench(workload, place.Snapshots, Math.Max(1, line.GetValue(runs)), TimeSpan.FromSeconds(1)))
                {
                    var result = bench.Run();
                    Console.WriteLine(line.GetValue(json) ? result.ToJson() : Text(result));
                }

                return 0;
            }
            finally
            {
                temporary.Delete(recursive: true);
            }
        });
        return command;
    }

    private static string Text(SnapshotResult result) => string.Join('\n',
    [
        string.Create(CultureInfo.InvariantCulture, $"CHAIN({result.Memberships}, {result.Length}, {result.Workers}): {result.Blocks} blocks, {result.Bytes / 1e6:0.0} MB"),
        string.Create(CultureInfo.InvariantCulture, $"written        {result.WriteSeconds:0.00} s, writers stood still for {result.StandingMilliseconds:0.00} ms"),
        string.Create(CultureInfo.InvariantCulture, $"after 1 % more {result.IncrementSeconds:0.00} s, {result.IncrementBytes / 1e6:0.0} MB"),
        string.Create(CultureInfo.InvariantCulture, $"loaded         {result.LoadSeconds:0.00} s"),
        string.Create(CultureInfo.InvariantCulture, $"walks          p50 {result.P50MicrosecondsWithout:0.00} µs, p99 {result.P99MicrosecondsWithout:0.00} µs"),
        string.Create(CultureInfo.InvariantCulture, $"meanwhile      p50 {result.P50MicrosecondsDuring:0.00} µs, p99 {result.P99MicrosecondsDuring:0.00} µs"),
    ]);
}
