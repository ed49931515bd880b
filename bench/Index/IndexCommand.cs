using System.CommandLine;

namespace OrleansKvRouter.Bench.Index;

/// <summary><c>bench index</c>.</summary>
internal static class IndexCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a line instead of a table" };
        var memberships = Numbers("--memberships", "M: (endpoint, block) pairs", 10_000_000);
        var lengths = Numbers("--length", "L: blocks a prompt", 500);
        var workers = Numbers("--workers", "W: endpoints", 100);
        var rows = new Option<string[]>("--rows") { Description = $"Only these, by their names: {string.Join("; ", IndexBench.Rows)}", AllowMultipleArgumentsPerToken = true };
        rows.AcceptOnlyFromAmong(IndexBench.Rows);
        var runs = new Option<int>("--runs") { Description = "A figure is the median of so many", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "How long a run of walks takes", DefaultValueFactory = _ => 0.5 };
        var command = new Command("index", "Walks, stores and removals of the index on CHAIN(M, L, W); several values of M, L and W are all combined")
        {
            memberships, lengths, workers, rows, runs, seconds, json,
        };
        command.SetAction(line =>
        {
            var options = new IndexBenchOptions(line.GetValue(rows) ?? [], Math.Max(1, line.GetValue(runs)), TimeSpan.FromSeconds(line.GetValue(seconds)));
            if (!line.GetValue(json)) Console.WriteLine(IndexBench.Heading);
            foreach (var m in line.GetValue(memberships)!)
            {
                foreach (var l in line.GetValue(lengths)!)
                {
                    foreach (var w in line.GetValue(workers)!)
                    {
                        foreach (var result in IndexBench.Run(m, l, w, options)) Console.WriteLine(line.GetValue(json) ? result.ToJson() : IndexBench.Line(result));
                    }
                }
            }
        });
        return command;
    }

    private static Option<int[]> Numbers(string name, string description, int preset)
    {
        var option = new Option<int[]>(name) { Description = description, AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [preset] };
        option.Validators.Add(result =>
        {
            foreach (var value in result.GetValueOrDefault<int[]>() ?? [])
            {
                if (value < 4) result.AddError($"{name} {value} is too small: at least 4");
            }
        });
        return option;
    }
}
