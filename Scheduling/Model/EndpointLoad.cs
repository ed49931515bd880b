using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.Scheduling.Model;

/// <summary>
/// How busy an endpoint is: what it said at the last scrape (one writer, the scraper) and what this router has sent
/// and not yet seen answered (any thread, atomically).
/// </summary>
public sealed class EndpointLoad
{
    private volatile EngineMetrics? _metrics;
    private long _inFlightTokens;
    private int _inFlightRequests;

    /// <summary>The last scrape; null until one succeeded, or when scraping has failed for too long.</summary>
    public EngineMetrics? Metrics { get => _metrics; set => _metrics = value; }

    /// <summary>Prompt tokens that this router sent, less those expected to be cached, in requests not yet answered.</summary>
    public long InFlightTokens => Volatile.Read(ref _inFlightTokens);

    /// <summary>Requests that this router sent and that are not yet answered.</summary>
    public int InFlightRequests => Volatile.Read(ref _inFlightRequests);

    public void Enter(long tokens)
    {
        Interlocked.Add(ref _inFlightTokens, tokens);
        Interlocked.Increment(ref _inFlightRequests);
    }

    public void Leave(long tokens)
    {
        Interlocked.Add(ref _inFlightTokens, -tokens);
        Interlocked.Decrement(ref _inFlightRequests);
    }
}
