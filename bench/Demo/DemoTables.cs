using System.Globalization;
using Spectre.Console;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>The demo's tables.</summary>
internal static class DemoTables
{
    public static void Write(IReadOnlyList<DemoRow> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (name, right) in (ReadOnlySpan<(string, bool)>)[("request", false), ("via", false), ("tokens", true), ("blocks", true), ("endpoint", false), ("predicted", true), ("cached", true), ("decision", true)])
            table.AddColumn(right ? new TableColumn(name).RightAligned() : new TableColumn(name));
        foreach (var row in rows)
        {
            table.AddRow(
                row.Name, row.Via, Number(row.Tokens), Number(row.Blocks), row.Endpoint, Number(row.Predicted), Number(row.Cached),
                string.Create(CultureInfo.InvariantCulture, $"{row.Decision.TotalMicroseconds:0} µs"));
        }

        Wide().Write(table);
    }

    public static void Write(LoadResult precise, LoadResult random)
    {
        var requests = LoadPlan.Conversations * LoadPlan.Turns;
        Console.WriteLine($"The same load twice: {LoadPlan.Conversations} conversations of {LoadPlan.Turns} turns, {requests} requests, {LoadPlan.AtOnce} at once.");
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in (ReadOnlySpan<string>)["routing", "hit rate", "TTFT mean", "TTFT p90"]) table.AddColumn(name);
        Add(table, "precise", precise);
        Add(table, "random", random);
        table.AddRow(
            "difference",
            string.Create(CultureInfo.InvariantCulture, $"+{(precise.HitRate - random.HitRate) * 100:0.0} points"),
            string.Create(CultureInfo.InvariantCulture, $"{random.MeanFirstToken / precise.MeanFirstToken:0.0} × faster"),
            string.Create(CultureInfo.InvariantCulture, $"{random.P90FirstToken / precise.P90FirstToken:0.0} × faster"));
        Wide().Write(table);
    }

    private static void Add(Table table, string name, LoadResult result) => table.AddRow(
        name,
        string.Create(CultureInfo.InvariantCulture, $"{result.HitRate * 100:0.0} %"),
        string.Create(CultureInfo.InvariantCulture, $"{result.MeanFirstToken.TotalMilliseconds:0} ms"),
        string.Create(CultureInfo.InvariantCulture, $"{result.P90FirstToken.TotalMilliseconds:0} ms"));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A console that never wraps a row, so that output piped into a file or another program keeps one row a line.</summary>
    private static IAnsiConsole Wide()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = Math.Max(console.Profile.Width, 140);
        return console;
    }
}
