using System.Diagnostics.Metrics;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>What is measured of decisions. Catalogue: docs/metrics.md.</summary>
internal sealed class RoutingInstruments : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    };

    private readonly Meter _meter = new("OrleansKvRouter.Routing");
    private readonly Counter<long> _decisions;
    private readonly Counter<long> _unpredicted;
    private readonly Counter<long> _promptTokens;
    private readonly Counter<long> _matchedTokens;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _stageDuration;
    private readonly KeyValuePair<string, object?>[] _stageTags;

    public RoutingInstruments()
    {
        _decisions = _meter.CreateCounter<long>("kvrouter.decisions", description: "Decisions, by pool and outcome (picked, or the HTTP status of the refusal).");
        _unpredicted = _meter.CreateCounter<long>("kvrouter.decisions.unpredicted", description: "Decisions made on load alone because the request's tokens could not be had.");
        _promptTokens = _meter.CreateCounter<long>("kvrouter.prompt.tokens", description: "Prompt tokens of placed requests.");
        _matchedTokens = _meter.CreateCounter<long>("kvrouter.matched.tokens", description: "Prompt tokens predicted to be cached on the picked endpoint.");
        _duration = _meter.CreateHistogram("kvrouter.decision.duration", "s", "From the whole body to the pick.", advice: Seconds);
        _stageDuration = _meter.CreateHistogram("kvrouter.decision.stage.duration", "s", "Time in each stage of a decision.", advice: Seconds);
        _stageTags = Array.ConvertAll(Enum.GetValues<Stage>(), stage => new KeyValuePair<string, object?>("stage", StageNames.Of(stage)));
    }

    public void Picked(string pool, int promptTokens, int matchedTokens, StageClock clock)
    {
        var poolTag = new KeyValuePair<string, object?>("pool", pool);
        _decisions.Add(1, poolTag, new("outcome", "picked"));
        _promptTokens.Add(promptTokens, poolTag);
        _matchedTokens.Add(matchedTokens, poolTag);
        _duration.Record(clock.Total.TotalSeconds);
        for (var stage = 0; stage < _stageTags.Length; stage++) _stageDuration.Record(clock.Of((Stage)stage).TotalSeconds, _stageTags[stage]);
    }

    public void Refused(string? pool, int status) => _decisions.Add(1, new("pool", pool ?? "none"), new("outcome", status));

    public void Unpredicted(string pool) => _unpredicted.Add(1, new KeyValuePair<string, object?>("pool", pool));

    public void Dispose() => _meter.Dispose();
}
