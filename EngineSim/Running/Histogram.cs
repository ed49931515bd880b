namespace OrleansKvRouter.EngineSim.Running;

/// <summary>A Prometheus histogram of durations in seconds. One writer, any number of readers.</summary>
internal sealed class Histogram(params double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public void Observe(TimeSpan duration)
    {
        var seconds = duration.TotalSeconds;
        var bucket = Array.FindIndex(bounds, bound => seconds <= bound);
        lock (_lock)
        {
            _counts[bucket < 0 ? bounds.Length : bucket]++;
            _sum += seconds;
        }
    }

    /// <summary>Cumulated counts (the last, of all, has the bound +∞) and the sum, all of one moment.</summary>
    public (IReadOnlyList<(double Bound, long Count)> Buckets, double Sum) Read()
    {
        var buckets = new (double, long)[_counts.Length];
        lock (_lock)
        {
            long count = 0;
            for (var i = 0; i < buckets.Length; i++)
            {
                count += _counts[i];
                buckets[i] = (i < bounds.Length ? bounds[i] : double.PositiveInfinity, count);
            }

            return (buckets, _sum);
        }
    }
}

/// <summary>The latencies that routers read from an engine, with vLLM's buckets.</summary>
internal sealed class LatencyHistograms
{
    /// <summary><c>vllm:time_to_first_token_seconds</c></summary>
    public Histogram FirstToken { get; } = new(
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560);

    /// <summary><c>vllm:e2e_request_latency_seconds</c></summary>
    public Histogram EndToEnd { get; } = new(
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680);
}
