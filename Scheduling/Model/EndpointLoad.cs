using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.Scheduling.Model;

/// <summary>
/// How busy an endpoint is: what it said at the last scrape (one writer, the scraper) and what this router has sent
/// and not yet seen answered (any thread, atomically). Each value is read atomically, the set of them is not.
/// </summary>
public sealed class EndpointLoad
{
    private volatile Observation? _observation;
    private long _inFlightTokens;
    private int _inFlightRequests;
    private long _entered;

    /// <summary>The last scrape; null until one succeeded, or when scraping has failed for too long.</summary>
    public EngineMetrics? Metrics
    {
        get => _observation?.Metrics;
        set => Observe(value, Entered);
    }

    /// <summary>Prompt tokens that this router sent, less those expected to be cached, in requests not yet answered.</summary>
    public long InFlightTokens => Volatile.Read(ref _inFlightTokens);

    /// <summary>Requests that this router sent and that are not yet answered.</summary>
    public int InFlightRequests => Volatile.Read(ref _inFlightRequests);

    /// <summary>Requests that this router ever sent here.</summary>
    public long Entered => Volatile.Read(ref _entered);

    /// <summary>
    /// Requests in flight that the last scrape cannot have counted, because they were sent after it began. Between two
    /// scrapes this is all that tells a burst's second request where its first went. All of the requests in flight when
    /// there is no scrape.
    /// </summary>
    public int UnseenRequests
    {
        get
        {
            var inFlight = Math.Max(0, InFlightRequests);
            return _observation is { } seen ? (int)Math.Clamp(Entered - seen.Entered, 0, inFlight) : inFlight;
        }
    }

    public void Enter(long tokens)
    {
        Interlocked.Add(ref _inFlightTokens, tokens);
        Interlocked.Increment(ref _inFlightRequests);
        Interlocked.Increment(ref _entered);
    }

    public void Leave(long tokens)
    {
        Interlocked.Add(ref _inFlightTokens, -tokens);
        Interlocked.Decrement(ref _inFlightRequests);
    }

    /// <summary>Publishes a scrape.</summary>
    /// <param name="metrics">What the engine said; null when it is no longer known.</param>
    /// <param name="enteredBefore"><see cref="Entered"/> as it was when the scrape was sent.</param>
    public void Observe(EngineMetrics? metrics, long enteredBefore) =>
        _observation = metrics is null ? null : new Observation(metrics, enteredBefore);

    private sealed record Observation(EngineMetrics Metrics, long Entered);
}
