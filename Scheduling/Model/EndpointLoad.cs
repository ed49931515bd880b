using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.Scheduling.Model;

/// <summary>What a scrape is held against: taken when it is sent.</summary>
/// <param name="Entered"><see cref="EndpointLoad.Entered"/>.</param>
/// <param name="At">The time, by the clock that dates what other replicas say.</param>
public readonly record struct LoadMark(long Entered, TimeSpan At);

/// <summary>
/// How busy an endpoint is: what it said at the last scrape (one writer, the scraper), what this router has sent
/// and not yet seen answered (any thread, atomically), and what other replicas of it say that they have (one writer). Each
/// value is read atomically, the set of them is not.
/// </summary>
public sealed class EndpointLoad
{
    private volatile Observation? _observation;
    private volatile OtherReplicas? _others;
    private long _inFlightTokens;
    private int _inFlightRequests;
    private long _entered;

    /// <summary>The last scrape; null until one succeeded, or when scraping has failed for too long.</summary>
    public EngineMetrics? Metrics
    {
        get => _observation?.Metrics;
        set => Observe(value, new LoadMark(Entered, TimeSpan.MaxValue));
    }

    /// <summary>Prompt tokens, less those expected to be cached, in requests that were sent and are not yet answered.</summary>
    public long InFlightTokens => OwnTokens + (_others?.Tokens ?? 0);

    /// <summary>Requests that were sent and that are not yet answered.</summary>
    public int InFlightRequests => OwnRequests + (_others?.Requests ?? 0);

    /// <summary>Of <see cref="InFlightTokens"/>, those that this router sent.</summary>
    public long OwnTokens => Volatile.Read(ref _inFlightTokens);

    /// <summary>Of <see cref="InFlightRequests"/>, those that this router sent.</summary>
    public int OwnRequests => Volatile.Read(ref _inFlightRequests);

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
            var own = Math.Max(0, OwnRequests);
            if (_observation is not { } seen) return own + (_others?.Requests ?? 0);
            return (int)Math.Clamp(Entered - seen.Mark.Entered, 0, own) + (_others?.UnseenBy(seen.Mark.At) ?? 0);
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
    /// <param name="mark">Taken before the scrape was sent.</param>
    public void Observe(EngineMetrics? metrics, LoadMark mark) =>
        _observation = metrics is null ? null : new Observation(metrics, mark);

    /// <summary>Takes over what another replica says; one caller at a time.</summary>
    /// <param name="clock">By which it counts for as long as it is fresh.</param>
    /// <param name="replica">Who says so, in place of what it said before.</param>
    /// <param name="share">What it has in flight.</param>
    public void Hear(LoadClock clock, string replica, in ReplicaShare share) =>
        (_others ??= new OtherReplicas(clock)).Hear(replica, share, _observation?.Mark.At);

    /// <summary>Drops what a replica said; one caller at a time, the one of <see cref="Hear"/>.</summary>
    public void Forget(string replica) => _others?.Forget(replica);

    private sealed record Observation(EngineMetrics Metrics, LoadMark Mark);
}
