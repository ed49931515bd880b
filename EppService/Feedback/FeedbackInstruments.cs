using System.Diagnostics.Metrics;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Feedback;

/// <summary>Predictions against reports, per endpoint, read when somebody scrapes. Catalogue: docs/metrics.md.</summary>
internal sealed class FeedbackInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Feedback");

    public FeedbackInstruments(PoolRegistry registry)
    {
        Count("kvrouter.feedback.requests", "Requests whose predicted and reported cached tokens were compared.", t => t.Judged);
        Count("kvrouter.feedback.right", "Of these, requests whose prediction was right to the token.", t => t.Right);
        Count("kvrouter.feedback.predicted.tokens", "Prompt tokens predicted to be cached, in compared requests.", t => t.Predicted);
        Count("kvrouter.feedback.reported.tokens", "Prompt tokens that engines reported as cached, in compared requests.", t => t.Reported);
        Count("kvrouter.feedback.over.tokens", "Tokens predicted to be cached that the engine computed.", t => t.Over);
        Count("kvrouter.feedback.under.tokens", "Tokens that the engine had cached and that were not predicted.", t => t.Under);
        Count("kvrouter.feedback.unreported", "Requests whose answer names no cached tokens, from engines that never name any.", t => t.Unreported);
        Count("kvrouter.feedback.miscounted", "Requests of which the engine counted another number of prompt tokens than the router.", t => t.Miscounted);
        Count("kvrouter.feedback.contradictions", "Times that lasting over-prediction made an endpoint stale.", t => t.Contradictions);
        _meter.CreateObservableGauge("kvrouter.endpoint.trust", () => Trust(registry), description: "1 for the state that an endpoint's trust is in.");

        void Count(string name, string meaning, Func<PredictionTotals, long> value) =>
            _meter.CreateObservableCounter(name, () => PerEndpoint(registry, value), description: meaning);
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> PerEndpoint(PoolRegistry registry, Func<PredictionTotals, long> value) =>
        from pool in registry.Pools
        from endpoint in pool.View.Endpoints
        where endpoint.Ranks is not null
        select new Measurement<long>(
            value(endpoint.Predictions!),
            new("pool", pool.Name),
            new KeyValuePair<string, object?>("endpoint", endpoint.Label));

    private static IEnumerable<Measurement<long>> Trust(PoolRegistry registry) =>
        from pool in registry.Pools
        from endpoint in pool.View.Endpoints
        where endpoint.Ranks is not null
        select new Measurement<long>(
            1,
            new("pool", pool.Name),
            new("endpoint", endpoint.Label),
            new KeyValuePair<string, object?>("state", endpoint.Standing!.State.ToString().ToLowerInvariant()));
}
