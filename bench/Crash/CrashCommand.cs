using System.CommandLine;
using System.Globalization;

namespace OrleansKvRouter.Bench.Crash;

/// <summary><c>bench crash</c>.</summary>
internal static class CrashCommand
{
    public static Command Create()
    {
        var preset = new CrashOptions();
        var json = new Option<bool>("--json") { Description = "One JSON object a mode instead of lines" };
        var times = new Option<int>("--times") { Description = "How often the router is killed", DefaultValueFactory = _ => preset.Kills };
        var engines = new Option<int>("--engines") { Description = "Engines; every fourth hashes otherwise than the pool", DefaultValueFactory = _ => preset.Engines };
        var rate = new Option<double>("--rate") { Description = "Batches a second, of all engines together", DefaultValueFactory = _ => preset.Rate };
        var seed = new Option<int>("--seed") { Description = "Of all that is random", DefaultValueFactory = _ => preset.Seed };
        var gently = new Option<bool>("--gently") { Description = "SIGTERM instead, and no snapshot but the one that it brings about" };
        var damage = new Option<bool>("--damage") { Description = "After each kill a file of the snapshots is cut off, or one of its bits turned" };
        var mode = new Option<string>("--mode") { Description = "bind: engines connect to the router; connect: it connects to them; both: half of the kills in each", DefaultValueFactory = _ => "both" };
        mode.AcceptOnlyFromAmong("bind", "connect", "both");
        var models = ModelsOption.Create();
        engines.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 200) result.AddError("--engines: 1 to 200");
        });
        var command = new Command("crash", "A router that is killed (SIGKILL) during snapshots and event storms of Python engines, and started again: its index against what each engine holds")
        {
            times, mode, engines, rate, seed, gently, damage, models, json,
        };
        command.SetAction(async line =>
        {
            bool[] binds = line.GetValue(mode) switch { "bind" => [true], "connect" => [false], _ => [true, false] };
            var options = preset with { Kills = Math.Max(1, line.GetValue(times) / binds.Length), Engines = line.GetValue(engines), Rate = line.GetValue(rate), Seed = line.GetValue(seed), Gently = line.GetValue(gently), Damages = line.GetValue(damage) };
            var allGood = true;
            foreach (var bind in binds)
            {
                var report = await CrashBench.RunAsync(line.GetValue(models)!, options with { Bind = bind }, Console.Error.WriteLine);
                Console.WriteLine(line.GetValue(json) ? report.ToJson() : Text(report));
                allGood &= report.IsGood;
            }

            return allGood ? 0 : 1;
        });
        return command;
    }

    private static string Text(CrashReport report) => string.Join('\n',
    [
        $"kills            {report.Kills} in {report.Mode} mode",
        $"refused starts   {report.RefusedStarts}",
        $"wrong entries    {report.WrongEntries}   of {report.ComparedEntries}",
        $"missing          {report.MissingEntries}",
        $"snapshots        {report.Loaded} loaded, {report.SetAside} set aside; {report.Resumed} engines went on from one",
        $"batches          {report.Sent} sent, {report.Replayed} replayed; {report.EngineRestarts} engine restarts",
        string.Create(CultureInfo.InvariantCulture, $"time to equal    {report.MedianSecondsToEqual:0.0} s, at most {report.LongestSecondsToEqual:0.0} s"),
        .. report.Differing,
    ]);
}
