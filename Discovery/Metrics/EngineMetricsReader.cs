using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>
/// Picks vLLM's load gauges out of a <c>/metrics</c> body that arrives in pieces, without copying or keeping it.
/// </summary>
/// <remarks>
/// A process reports each of its engines (data-parallel ranks behind one port) under a label <c>engine</c>. Requests that
/// wait or run are summed over them and the KV-cache usage is averaged, because such a process spreads requests over its
/// engines itself. Where each rank has a port of its own and one body still lists them all, the port's own rank is
/// meant.
/// </remarks>
/// <param name="rank">The rank that the endpoint stands for; null when it stands for all of the process's engines.</param>
internal sealed class EngineMetricsReader(int? rank)
{
    private Gauges _all;
    private Gauges _own;
    private bool _skipping;

    /// <summary>Reads the whole lines of a piece.</summary>
    /// <returns>The bytes of the last line, which is not whole: the next piece must start with them.</returns>
    public int Read(ReadOnlySpan<byte> piece)
    {
        while (piece.IndexOf((byte)'\n') is var end and >= 0)
        {
            ReadLine(piece[..end]);
            piece = piece[(end + 1)..];
        }

        return piece.Length;
    }

    /// <summary>Gives up a line that is too long to be kept: the rest of it is not read either.</summary>
    public void SkipLine() => _skipping = true;

    /// <summary>Reads one line, without its end.</summary>
    public void ReadLine(ReadOnlySpan<byte> line)
    {
        if (_skipping)
        {
            _skipping = false;
            return;
        }

        // Most lines are histogram buckets of other metrics.
        if (!line.StartsWith("vllm:"u8) || !Gauges.TryRead(line, out var gauge, out var sample)) return;
        _all.Add(gauge, sample.Value);
        if (rank is not null && sample.NumericLabel("engine"u8) == rank) _own.Add(gauge, sample.Value);
    }

    /// <summary>The engine's load; null when the body did not have all of it.</summary>
    /// <param name="scrapedAt">When the scrape began, as <see cref="EngineMetrics.ScrapedAt"/>.</param>
    public EngineMetrics? Finish(long scrapedAt) => (rank is null ? null : _own.ToMetrics(scrapedAt)) ?? _all.ToMetrics(scrapedAt);
}
