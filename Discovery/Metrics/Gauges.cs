using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>vLLM's load gauges, added up over the series that have been read. A mutable struct: a field, never passed on.</summary>
internal struct Gauges
{
    private Series _waiting;
    private Series _running;
    private Series _usage;
    private Series _olderUsage;

    public enum Name
    {
        Waiting,
        Running,
        Usage,

        /// <summary>What <see cref="Usage"/> was called before v0.10; releases in between have both.</summary>
        OlderUsage,
    }

    /// <summary>Reads a line that is a sample of one of the gauges and can be true.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out Name gauge, out PrometheusLine sample)
    {
        if (PrometheusLine.TryRead(line, "vllm:num_requests_waiting"u8, out sample)) gauge = Name.Waiting;
        else if (PrometheusLine.TryRead(line, "vllm:num_requests_running"u8, out sample)) gauge = Name.Running;
        else if (PrometheusLine.TryRead(line, "vllm:kv_cache_usage_perc"u8, out sample)) gauge = Name.Usage;
        else if (PrometheusLine.TryRead(line, "vllm:gpu_cache_usage_perc"u8, out sample)) gauge = Name.OlderUsage;
        else
        {
            gauge = default;
            return false;
        }

        // NaN is no number at all, and fails this too.
        return sample.Value >= 0 && sample.Value <= int.MaxValue;
    }

    public void Add(Name gauge, double value)
    {
        switch (gauge)
        {
            case Name.Waiting: _waiting.Add(value); break;
            case Name.Running: _running.Add(value); break;
            case Name.Usage: _usage.Add(value); break;
            default: _olderUsage.Add(value); break;
        }
    }

    /// <summary>Null when one of the gauges was not among what was read.</summary>
    public readonly EngineMetrics? ToMetrics(long scrapedAt)
    {
        var usage = _usage.Count > 0 ? _usage : _olderUsage;
        return _waiting.Count == 0 || _running.Count == 0 || usage.Count == 0
            ? null
            : new EngineMetrics(_waiting.Whole, _running.Whole, Math.Min(1, usage.Sum / usage.Count), scrapedAt);
    }

    private struct Series
    {
        public double Sum { get; private set; }

        public int Count { get; private set; }

        public readonly int Whole => (int)Math.Min(int.MaxValue, Sum);

        public void Add(double value) => (Sum, Count) = (Sum + value, Count + 1);
    }
}
