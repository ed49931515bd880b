using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Scheduling;

/// <summary>One endpoint's scores for one request, each in [0, 1], 1 being best.</summary>
/// <param name="Prefix">The share of the prompt that is cached, times the endpoint's trust factor.</param>
/// <param name="QueueDepth">How short its queue is.</param>
/// <param name="KvCacheUtilization">How much of its KV cache is free.</param>
/// <param name="InFlightTokens">How little of this router's traffic it is still working on.</param>
/// <param name="Total">The weighted sum, which decides.</param>
public readonly record struct EndpointScore(double Prefix, double QueueDepth, double KvCacheUtilization, double InFlightTokens, double Total)
{
    /// <summary>False when the endpoint could not be picked (not Ready, or outside the subset); its scores are then 0.</summary>
    public bool Eligible { get; init; }

    /// <summary>The scores by the names that policies and the admin API give them.</summary>
    public IReadOnlyDictionary<string, double> ByName() => new Dictionary<string, double>
    {
        ["prefix"] = Prefix,
        ["queueDepth"] = QueueDepth,
        ["kvCacheUtilization"] = KvCacheUtilization,
        ["inFlightTokens"] = InFlightTokens,
    };

    internal static EndpointScore Weigh(double prefix, double queue, double usage, double inFlight, ScorerWeights weights) =>
        new(prefix, queue, usage, inFlight, Total: (weights.Prefix * prefix) + (weights.QueueDepth * queue)
            + (weights.KvCacheUtilization * usage) + (weights.InFlightTokens * inFlight)) { Eligible = true };
}
