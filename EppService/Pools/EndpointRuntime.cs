using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// An endpoint of a running pool: what the scheduler sees of it, and the engines behind it (null in a pool that does not
/// track them). Immutable but for ranks that are heard later; a change of labels or readiness makes a new one around the same load and ranks.
/// </summary>
internal sealed record EndpointRuntime(Candidate Candidate, EndpointRanks? Ranks)
{
    /// <summary>Worst first; an engine that is not heard yet says nothing of the others.</summary>
    private static readonly TrustState[] ByConcern = [TrustState.Stale, TrustState.Recovering, TrustState.Mapped, TrustState.Exact, TrustState.Unverified];

    public EndpointSpec Spec => Candidate.Endpoint;

    /// <summary>The endpoint in words that are the same in every replica of the router: pool, pod with its uid, address.</summary>
    public required string SharedName { get; init; }

    /// <summary>The pod's <c>namespace/name</c>.</summary>
    public string Label => $"{Spec.Namespace}/{Spec.Name}";

    /// <summary>The first rank's, which most endpoints have alone.</summary>
    public FeedTarget? Feed => Ranks?.All[0].Feed;

    /// <summary>Of all ranks together.</summary>
    public PredictionTotals? Predictions =>
        Ranks?.All.Select(rank => rank.Predictions.Totals).Aggregate((sum, totals) => sum + totals);

    /// <summary>Blocks that the index knows on the ranks' GPUs.</summary>
    public long BlocksHeld => Ranks?.All.Sum(rank => rank.Feed.BlocksHeld) ?? 0;

    /// <summary>Blocks of theirs, in all tiers, that were dropped to keep the index within its bound.</summary>
    public long BlocksDropped => Ranks?.All.Sum(rank => rank.Feed.BlocksDropped) ?? 0;

    /// <summary>The standing of the rank that gives most cause for concern; null where nothing is tracked.</summary>
    public EngineTrust? Standing => Ranks?.All.Select(rank => rank.Feed.Standing).MinBy(trust => Array.IndexOf(ByConcern, trust.State));

    /// <summary>Two specs with the same identity are the same engine process as far as resources can tell.</summary>
    public static (string Namespace, string Name, string Uid, string Address) IdentityOf(EndpointSpec spec) =>
        (spec.Namespace, spec.Name, spec.Uid, spec.Address);
}
