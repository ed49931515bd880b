using System.Security.Cryptography;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling.Model;
using OrleansKvRouter.Scheduling.Picking;

namespace OrleansKvRouter.Scheduling;

/// <summary>
/// Picks the endpoint for a request: filters (Ready, subset), sheds (admission), scores (prefix, queue depth, KV-cache
/// utilisation, in-flight tokens), and takes the highest weighted sum; endpoints with equal sums are picked equally often.
/// Synchronous and free of allocation; any number of threads may pick at once.
/// </summary>
/// <remarks>
/// On an idle fleet the load scores are equal, so the longest prefix wins whatever the weights, if only
/// <c>prefix</c> has any. The caller tells the picked endpoint's <see cref="EndpointLoad"/> of the request
/// (<see cref="EndpointLoad.Enter"/>) before the next pick.
/// </remarks>
public sealed class Scheduler
{
    private ulong _seed;

    /// <summary>A scheduler whose ties nobody can predict.</summary>
    public Scheduler()
        : this(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)))) { }

    /// <summary>A scheduler that breaks ties the same way in every run, as long as one thread at a time picks.</summary>
    public Scheduler(ulong seed) => _seed = seed;

    /// <summary>Picks an endpoint.</summary>
    /// <param name="candidates">The pool's endpoints, Ready or not.</param>
    /// <param name="request">The request; its matched tokens are empty or one for each candidate.</param>
    /// <param name="policy">The pool's policy, of which weights and admission are read.</param>
    public PickResult Pick(ReadOnlySpan<Candidate> candidates, in SchedulingRequest request, TrafficPolicy policy) =>
        Explain(candidates, request, policy, []);

    /// <summary>As <see cref="Pick"/>, and tells every candidate's scores.</summary>
    /// <param name="candidates">The pool's endpoints, Ready or not.</param>
    /// <param name="request">The request; its matched tokens are empty or one for each candidate.</param>
    /// <param name="policy">The pool's policy.</param>
    /// <param name="scores">Filled in the candidates' order: as long as they are, or empty. All zero when nothing was picked.</param>
    public PickResult Explain(ReadOnlySpan<Candidate> candidates, in SchedulingRequest request, TrafficPolicy policy, Span<EndpointScore> scores)
    {
        scores.Clear();
        var fleet = FleetLoad.Of(candidates, request.Subset);
        if (fleet.Eligible == 0) return new PickResult(PickVerdict.NoEndpoint, -1, 0);
        if (fleet.IsOverloaded(policy.Admission)) return new PickResult(PickVerdict.Overloaded, -1, 0);

        var best = new TieBreaker(SplitMix.Mix(Interlocked.Add(ref _seed, SplitMix.Increment)));
        for (var i = 0; i < candidates.Length; i++)
        {
            if (!FleetLoad.IsEligible(candidates[i], request.Subset)) continue;
            double matched = request.MatchedTokens.IsEmpty ? 0 : request.MatchedTokens[i];
            if (!request.TrustFactors.IsEmpty) matched *= request.TrustFactors[i];
            var score = Score(candidates[i].Load, matched, request.PromptTokens, fleet, policy.Weights);
            best.Offer(i, score.Total);
            if (!scores.IsEmpty) scores[i] = score;
        }

        return new PickResult(PickVerdict.Picked, best.Index, best.Best);
    }

    private static EndpointScore Score(EndpointLoad load, double matched, long promptTokens, in FleetLoad fleet, ScorerWeights weights)
    {
        var metrics = load.Metrics;
        return EndpointScore.Weigh(
            prefix: promptTokens < 1 ? 0 : Math.Clamp(matched / promptTokens, 0, 1),
            queue: fleet.QueueScore(metrics, load),
            usage: fleet.UsageScore(metrics),
            inFlight: fleet.InFlightScore(load),
            weights);
    }
}
