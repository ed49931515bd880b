using System.CommandLine;
using System.Globalization;
using OrleansKvRouter.Tests.KvEvents.Trials.Chaos;

namespace OrleansKvRouter.Bench.Events;

/// <summary><c>bench chaos</c>: the suite's chaos test, as large and as long as one likes.</summary>
internal static class ChaosCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines" };
        var engines = new Option<int>("--engines") { Description = "Engines, of all wire eras; every third hashes otherwise than the pool", DefaultValueFactory = _ => 20 };
        var rate = new Option<double>("--rate") { Description = "Batches a second, of all engines together", DefaultValueFactory = _ => 500 };
        var seconds = new Option<double>("--seconds") { Description = "How long they publish", DefaultValueFactory = _ => 60 };
        var seed = new Option<int>("--seed") { Description = "What they are asked", DefaultValueFactory = _ => 23 };
        engines.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 500) result.AddError("--engines: 1 to 500");
        });
        var command = new Command("chaos", "Engines (python3) whose wires lose, delay and get cut; at rest the index is compared with what each holds")
        {
            engines, rate, seconds, seed, json,
        };
        command.SetAction(async line =>
        {
            var report = await ChaosRun.RunAsync(new ChaosOptions(line.GetValue(engines), line.GetValue(rate), TimeSpan.FromSeconds(line.GetValue(seconds)), line.GetValue(seed)));
            Console.WriteLine(line.GetValue(json) ? report.ToJson() : Text(report));
            return report is { Wrong: 0, Missing: 0, Failures: 0 } ? 0 : 1;
        });
        return command;
    }

    private static string Text(ChaosReport report) => string.Join('\n',
    [
        string.Create(CultureInfo.InvariantCulture, $"{report.Sent} batches of {report.Engines} engines sent in {report.Seconds:0.#} s and at rest after it, {report.BatchesPerSecond:0} a second"),
        $"lost live       {report.LostLive}   ({report.DroppedByWires} messages dropped by wires, {report.Cuts} connections cut)",
        $"replayed        {report.Replayed}   ({report.Duplicates} came twice)",
        $"lost for good   {report.LostForGood}",
        $"purged          {report.Purged}",
        $"stitched        {report.Stitched}",
        $"restarts        {report.Restarts}   ({report.RestartsSeen} seen)",
        string.Create(CultureInfo.InvariantCulture, $"time to rest    {report.SecondsToRest:0.0} s"),
        $"failures        {report.Failures}",
        $"wrong entries   {report.Wrong}   of {report.Blocks}",
        $"missing         {report.Missing}",
        .. report.Differing,
    ]);
}
