using System.CommandLine;
using System.Globalization;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary><c>bench cluster</c>.</summary>
internal static class ClusterCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a result instead of lines" };
        var kills = new Option<int>("--kills") { Description = "How often a silo is killed in the midst of requests and events, in each mode; 0: none, walks are measured", DefaultValueFactory = _ => 0 };
        var seed = new Option<int>("--seed") { Description = "Of all that is random", DefaultValueFactory = _ => 41 };
        var seconds = new Option<double>("--seconds") { Description = "How long each row is measured", DefaultValueFactory = _ => 5 };
        var patience = new Option<int>("--walk-patience") { Description = "How long a decision waits for another silo, in milliseconds", DefaultValueFactory = _ => 250 };
        var mode = new Option<string>("--mode") { Description = "bind: engines connect to the silos; connect: silos connect to them; both", DefaultValueFactory = _ => "both" };
        mode.AcceptOnlyFromAmong("bind", "connect", "both");
        var program = new Option<string?>("--silo-program") { HelpName = "FILE", Description = "The silo's program", Hidden = true, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("KVROUTER_DEMO_SILO") };
        var models = ModelsOption.Create();
        var command = new Command("cluster", "Silos in processes of their own: walks of 1,000 keys over one to three of them; with --kills, one of three is killed over and over under load, and the index held against what engines hold")
        {
            kills, mode, seconds, seed, patience, program, models, json,
        };
        command.SetAction(async line =>
        {
            if (line.GetValue(program) is not { } silo)
            {
                await Console.Error.WriteLineAsync("kvrouter bench: silos need the program of Silo/: run ./kvrouter bench cluster");
                return 1;
            }

            if (line.GetValue(kills) <= 0) return await WalkBench.RunAsync(silo, line.GetValue(models)!, TimeSpan.FromSeconds(line.GetValue(seconds)), line.GetValue(json));
            bool[] binds = line.GetValue(mode) switch { "bind" => [true], "connect" => [false], _ => [true, false] };
            var allGood = true;
            foreach (var bind in binds)
            {
                var report = await KillBench.RunAsync(silo, line.GetValue(models)!, line.GetValue(kills), bind, line.GetValue(seed), line.GetValue(patience), progress: Console.Error.WriteLine);
                Console.WriteLine(line.GetValue(json) ? report.ToJson() : Text(report));
                allGood &= report.IsGood;
            }

            return allGood ? 0 : 1;
        });
        return command;
    }

    private static string Text(KillReport report) => string.Join('\n', (string[])
    [
        $"kills            {report.Kills} in {report.Mode} mode",
        string.Create(CultureInfo.InvariantCulture, $"load             {report.RequestsPerSecond:0} requests/s, {report.BatchesPerSecond:0} batches/s"),
        string.Create(CultureInfo.InvariantCulture, $"complete after   {report.MedianRecoverySeconds:0.00} s, at most {report.LongestRecoverySeconds:0.00} s"),
        $"failed streams   {report.FailedStreams}   of {report.Streams}; {report.GivenUp} at killed silos, asked of others",
        string.Create(CultureInfo.InvariantCulture, $"without answers  at most {report.LongestPauseMilliseconds:0} ms; streams p50 {report.P50Milliseconds:0.0} ms, p99 {report.P99Milliseconds:0.0} ms"),
        $"wrong walks      {report.WrongWalks} after kills, {report.WrongWalksBefore} before, of {report.Walks}; silos made {report.PartialWalks} without a part of the index",
        $"wrong picks      {report.WrongPicksMeanwhile} until complete, {report.WrongPicksAfterwards} otherwise, of {report.Picks}",
        $"at rest          {report.WrongEntries} wrong entries, {report.MissingEntries} missing",
        .. report.Examples,
    ]);
}
