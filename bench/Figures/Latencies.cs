using System.Diagnostics;

namespace OrleansKvRouter.Bench.Figures;

/// <summary>How long single operations took, in buckets of 20 ns up to 2 ms; what took longer counts as that.</summary>
internal sealed class Latencies
{
    private const double BucketNanoseconds = 20;
    private readonly int[] _buckets = new int[100_001];
    private long _count;

    public void Add(long began)
    {
        var bucket = (int)(Stopwatch.GetElapsedTime(began).TotalNanoseconds / BucketNanoseconds);
        _buckets[Math.Min(bucket, _buckets.Length - 1)]++;
        _count++;
    }

    /// <summary>In microseconds.</summary>
    public double Percentile(double share)
    {
        var (left, bucket) = ((long)(_count * share), 0);
        while (bucket < _buckets.Length - 1 && left >= _buckets[bucket]) left -= _buckets[bucket++];
        return (bucket + 0.5) * BucketNanoseconds / 1000;
    }
}
