namespace OrleansKvRouter.EppService.Admin;

/// <summary>
/// Decision times sorted into buckets that grow by 15 % from 1 µs to over 10 s, so that a percentile read from them
/// is within 10 % of the true one whatever the scale.
/// </summary>
internal static class DecisionTimes
{
    public const int Buckets = 120;

    private const double Growth = 1.15;
    private static readonly double LogGrowth = Math.Log(Growth);

    public static int BucketOf(double microseconds) =>
        microseconds <= 1 ? 0 : Math.Min(Buckets - 1, 1 + (int)(Math.Log(microseconds) / LogGrowth));

    /// <summary>The time that a share of decisions stays under.</summary>
    /// <param name="counts">Decisions in each bucket.</param>
    /// <param name="share">Between 0 and 1.</param>
    /// <returns>Microseconds; null when there were no decisions.</returns>
    public static double? Percentile(ReadOnlySpan<long> counts, double share)
    {
        long total = 0;
        foreach (var count in counts) total += count;
        if (total == 0) return null;
        var rank = (long)Math.Ceiling(share * total);
        var bucket = 0;
        for (var seen = counts[0]; seen < rank; seen += counts[bucket]) bucket++;
        return bucket == 0 ? 1 : Math.Pow(Growth, bucket - 0.5);
    }
}
