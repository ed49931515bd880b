namespace OrleansKvRouter.Bench.Figures;

/// <summary>The middle of several runs: one run that another program disturbed does not count.</summary>
internal static class Median
{
    public static double Of(IEnumerable<double> runs)
    {
        double[] sorted = [.. runs.Order()];
        return sorted[sorted.Length / 2];
    }
}
