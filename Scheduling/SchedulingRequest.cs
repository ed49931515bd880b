namespace OrleansKvRouter.Scheduling;

/// <summary>What is known of one request when an endpoint is picked for it.</summary>
public readonly ref struct SchedulingRequest
{
    /// <summary>
    /// Per candidate, in the candidates' order, the usable cached tokens (<see cref="UsablePrefix.Tokens"/>), each
    /// worth what the policy says of the tier it lies in, summed over the prompts of a batch. Empty: nothing is known of any cache.
    /// </summary>
    public ReadOnlySpan<int> MatchedTokens { get; init; }

    /// <summary>
    /// Per candidate, the share of its matched tokens that counts, 0 to 1: less than 1 where what its cache holds is not
    /// reliably known. Empty: all count in full.
    /// </summary>
    public ReadOnlySpan<double> TrustFactors { get; init; }

    /// <summary>Tokens of all prompts; 0 when the request has none or they were not computed.</summary>
    public long PromptTokens { get; init; }

    /// <summary>The only endpoints allowed; null: all.</summary>
    public EndpointSubset? Subset { get; init; }
}

/// <summary>How a pick ended.</summary>
public enum PickVerdict
{
    /// <summary><see cref="PickResult.Index"/> is the endpoint.</summary>
    Picked,

    /// <summary>No endpoint is Ready, or none of the subset is (503).</summary>
    NoEndpoint,

    /// <summary>Every endpoint has at least the policy's <c>maxQueueDepth</c> requests waiting (429).</summary>
    Overloaded,
}

/// <summary>The outcome of a pick.</summary>
/// <param name="Verdict">How it ended.</param>
/// <param name="Index">The picked candidate's index; −1 when none was.</param>
/// <param name="Score">The picked candidate's weighted sum of scores.</param>
public readonly record struct PickResult(PickVerdict Verdict, int Index, double Score);
