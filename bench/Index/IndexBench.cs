using System.Globalization;

namespace OrleansKvRouter.Bench.Index;

/// <summary>What to measure and how thoroughly.</summary>
/// <param name="Rows">Of <see cref="IndexBench.Rows"/>.</param>
/// <param name="Runs">The median of so many counts.</param>
/// <param name="Time">How long a run of walks takes.</param>
internal sealed record IndexBenchOptions(IReadOnlyCollection<string> Rows, int Runs, TimeSpan Time);

/// <summary>The index benchmark on CHAIN(M, L, W).</summary>
internal static class IndexBench
{
    /// <summary>All rows, in the order in which they run: those that change the index come last.</summary>
    public static readonly string[] Rows = ["store", "store, mapped", "full", "half", "prefix", "miss", "mix", "mix, two threads", "mix, writer", "endpoint", "mix, holes", "remove"];

    private const double Holes = 0.05;

    public static IEnumerable<IndexResult> Run(int memberships, int length, int workers, IndexBenchOptions options)
    {
        var workload = new ChainWorkload(memberships, length, workers);
        var writes = new WriteRows(workload, options);
        var (stored, bytes, built) = writes.Store();
        var empty = new IndexResult { Memberships = memberships, Length = length, Workers = workers, Row = "" };
        if (Asked("store"))
        {
            yield return empty with { Row = "store", BlocksPerSecond = stored, BytesPerMembership = bytes / (double)built.Index.Statistics.Memberships };
        }

        if (Asked("store, mapped")) yield return empty with { Row = "store, mapped", BytesPerMembership = writes.MappedBytes() };
        var reads = new ReadRows(built.Index, options);
        foreach (var kind in Rows.Where(row => row is "full" or "half" or "prefix" or "miss" or "mix").Where(Asked)) yield return Walks(kind, reads.Measure(new ChainQueries(workload, kind, seed: 1)));

        var mix = new ChainQueries(workload, "mix", seed: 2);
        if (Asked("mix, two threads")) yield return empty with { Row = "mix, two threads", WalksPerSecond = reads.Measure(mix, threads: 2).PerSecond };
        if (Asked("mix, writer"))
        {
            var (walks, written) = WriteRows.BesideWriter(built, () => reads.Measure(mix));
            yield return Walks("mix, writer", walks) with { BlocksPerSecond = written };
        }

        if (Asked("endpoint"))
        {
            var (invisible, swept) = writes.Endpoint(built);
            yield return empty with { Row = "endpoint", InvisibleMilliseconds = invisible, SweptMilliseconds = swept };
        }

        if (Asked("mix, holes"))
        {
            WriteRows.Evict(built, Holes);
            yield return Walks("mix, holes", reads.Measure(mix));
        }

        if (Asked("remove")) yield return empty with { Row = "remove", BlocksPerSecond = writes.RemoveShuffled() };

        bool Asked(string row) => options.Rows.Count == 0 || options.Rows.Contains(row);

        IndexResult Walks(string row, (double PerSecond, double P50, double P99) measured) =>
            empty with { Row = row, WalksPerSecond = measured.PerSecond, P50Microseconds = measured.P50, P99Microseconds = measured.P99 };
    }

    public static string Heading => $"{"CHAIN(M, L, W)",-24} {"row",-18} {"walks/s",12} {"p50 µs",8} {"p99 µs",8} {"blocks/s",14} {"B/membership",13}  endpoint";

    public static string Line(IndexResult result)
    {
        var endpoint = result.InvisibleMilliseconds is null ? "" : string.Create(CultureInfo.InvariantCulture, $"invisible {result.InvisibleMilliseconds:0.000} ms, swept {result.SweptMilliseconds:0} ms");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{$"{result.Memberships}, {result.Length}, {result.Workers}",-24} {result.Row,-18} {result.WalksPerSecond,12:#,0} {result.P50Microseconds,8:0.00} {result.P99Microseconds,8:0.00} {result.BlocksPerSecond,14:#,0} {result.BytesPerMembership,13:0.0}  {endpoint}");
    }
}
