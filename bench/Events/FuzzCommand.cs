using System.CommandLine;
using System.Globalization;
using OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

namespace OrleansKvRouter.Bench.Events;

/// <summary><c>bench fuzz</c>: the tests' fuzzer of the event path, for as long as one likes.</summary>
internal static class FuzzCommand
{
    private const long InputsBetweenLines = 1_000_000;

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object at the end instead of lines" };
        var inputs = new Option<long>("--inputs") { Description = "How many payloads", DefaultValueFactory = _ => 1_000_000 };
        var seed = new Option<int?>("--seed") { Description = "What the inputs are made from; another one each time by default" };
        var command = new Command("fuzz", "Payloads that no engine sends, in any order, through decoder, feeds and index: nothing throws, grows or hangs") { inputs, seed, json };
        command.SetAction(line => Run(line.GetValue(seed) ?? Random.Shared.Next(), line.GetValue(inputs), line.GetValue(json)));
        return command;
    }

    private static int Run(int seed, long inputs, bool json)
    {
        if (!json) Console.WriteLine($"seed {seed}");
        using var run = new FuzzRun(seed);
        try
        {
            var report = run.Run(inputs, report =>
            {
                if (!json && report.Inputs % InputsBetweenLines == 0) Console.WriteLine(Line(report));
            });
            Console.WriteLine(json ? report.ToJson() : Line(report));
            return 0;
        }
        catch (FuzzFindingException finding)
        {
            Console.Error.WriteLine($"kvrouter bench fuzz: {finding.Message}");
            return 1;
        }
    }

    private static string Line(FuzzReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Inputs} inputs in {report.Seconds:0} s, {report.Decoded} of them batches with {report.Events} events; {report.Outcomes} outcomes; {report.GoodBatches} good batches between them, all right; "
        + $"at most {report.MostWaiting} blocks waiting, heap {report.HeapBytes >> 20} MB, working set {report.WorkingSetBytes >> 20} MB, slowest input {report.SlowestMilliseconds:0} ms");
}
