using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// An endpoint of a running pool: what the scheduler sees of it, and where its events go and how its predictions fare
/// (null in a pool that does not track them). Immutable; a change of labels or readiness makes a new one around the same load and holder.
/// </summary>
internal sealed record EndpointRuntime(Candidate Candidate, FeedTarget? Feed, PredictionLedger? Predictions)
{
    public EndpointSpec Spec => Candidate.Endpoint;

    /// <summary>Two specs with the same identity are the same engine process as far as resources can tell.</summary>
    public static (string Namespace, string Name, string Uid, string Address) IdentityOf(EndpointSpec spec) =>
        (spec.Namespace, spec.Name, spec.Uid, spec.Address);
}
