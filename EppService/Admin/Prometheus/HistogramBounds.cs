using System.Diagnostics.Metrics;

namespace OrleansKvRouter.EppService.Admin.Prometheus;

/// <summary>The bucket boundaries of a histogram: the instrument's advice, else by its unit.</summary>
internal static class HistogramBounds
{
    /// <summary>For seconds: from 50 µs, which a decision takes, to a minute, which a long completion takes.</summary>
    private static readonly double[] Seconds =
        [5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    /// <summary>For counts and sizes of any other unit.</summary>
    private static readonly double[] Powers = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576];

    public static double[] Of(Instrument instrument) => Advised(instrument) ?? (instrument.Unit == "s" ? Seconds : Powers);

    private static double[]? Advised(Instrument instrument) => instrument switch
    {
        Histogram<double> h => h.Advice?.HistogramBucketBoundaries?.ToArray(),
        Histogram<float> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b).ToArray(),
        Histogram<long> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b).ToArray(),
        Histogram<int> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b).ToArray(),
        _ => null,
    };
}
