using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.Scheduling.Picking;

/// <summary>
/// The eligible candidates' load, taken together: what one candidate's load is measured against.
/// </summary>
/// <remarks>
/// <para>
/// Queue and in-flight scores fall linearly from 1 for nothing to 0 for the busiest candidate, but never steeper than
/// against a floor. Without the floor the score would be all or nothing on an almost idle fleet: one waiting request on one
/// engine would outweigh a cached prompt on it. With it, a difference weighs what it costs: a queue of one against none
/// moves the score by an eighth, a queue of 110 against 100 by a tenth.
/// </para>
/// <para>
/// A candidate that was not scraped scores what the scraped ones score on average, for its queue and for its KV cache: it
/// neither draws traffic, as a broken engine would if unknown meant idle, nor starves, as a new one would if unknown
/// meant busy. Where none was scraped all score 1 and tie, and the in-flight score, which needs no scrape, spreads them.
/// </para>
/// </remarks>
internal readonly struct FleetLoad
{
    /// <summary>Requests. Queues shorter than a small batch are gone within a few engine steps.</summary>
    private const double QueueFloor = 8;

    /// <summary>Tokens. vLLM's usual <c>--max-num-batched-tokens</c> when serving: less than that is one engine step.</summary>
    private const double InFlightFloor = 8192;

    private readonly double _queueScale;
    private readonly double _inFlightScale;
    private readonly double _meanQueue;
    private readonly double _meanUsage;
    private readonly int _leastWaiting;

    private FleetLoad(int eligible, int scraped, double queueSum, double usageSum, double maxQueue, long maxInFlight, int leastWaiting)
    {
        Eligible = eligible;
        _queueScale = Math.Max(maxQueue, QueueFloor);
        _inFlightScale = Math.Max(maxInFlight, InFlightFloor);
        _meanQueue = scraped == 0 ? 0 : queueSum / scraped;
        _meanUsage = scraped == 0 ? 0 : usageSum / scraped;
        _leastWaiting = scraped == eligible ? leastWaiting : 0;
    }

    /// <summary>How many candidates may be picked.</summary>
    public int Eligible { get; }

    public static FleetLoad Of(ReadOnlySpan<Candidate> candidates, EndpointSubset? subset)
    {
        int eligible = 0, scraped = 0, leastWaiting = int.MaxValue;
        double queueSum = 0, usageSum = 0, maxQueue = 0;
        long maxInFlight = 0;
        foreach (var candidate in candidates)
        {
            if (!IsEligible(candidate, subset)) continue;
            eligible++;
            maxInFlight = Math.Max(maxInFlight, candidate.Load.InFlightTokens);
            if (candidate.Load.Metrics is not { } metrics) continue;
            scraped++;
            var queue = Queue(metrics, candidate.Load);
            queueSum += queue;
            usageSum += metrics.KvCacheUsage;
            maxQueue = Math.Max(maxQueue, queue);
            leastWaiting = Math.Min(leastWaiting, metrics.Waiting);
        }

        return new FleetLoad(eligible, scraped, queueSum, usageSum, maxQueue, maxInFlight, leastWaiting);
    }

    /// <summary>An endpoint that is not Ready is never eligible.</summary>
    public static bool IsEligible(Candidate candidate, EndpointSubset? subset) =>
        candidate.Endpoint.Ready && (subset is null || subset.Contains(candidate.Endpoint));

    /// <summary>True when every eligible endpoint said that at least <c>maxQueueDepth</c> requests wait; one that said nothing may be free.</summary>
    public bool IsOverloaded(AdmissionConfig admission) => admission.MaxQueueDepth is { } bound && _leastWaiting >= bound;

    public double QueueScore(EngineMetrics? metrics, EndpointLoad load) =>
        Falling(metrics is null ? _meanQueue : Queue(metrics, load), _queueScale);

    public double UsageScore(EngineMetrics? metrics) => Falling(metrics?.KvCacheUsage ?? _meanUsage, 1);

    public double InFlightScore(EndpointLoad load) => Falling(load.InFlightTokens, _inFlightScale);

    /// <summary>What waits, and what this router sent since the scrape and may wait too.</summary>
    private static double Queue(EngineMetrics metrics, EndpointLoad load) => (double)metrics.Waiting + load.UnseenRequests;

    /// <summary>Loads change while a pick runs, so a value may have passed the scale that was taken before it.</summary>
    private static double Falling(double value, double scale) => Math.Clamp(1 - (value / scale), 0, 1);
}
