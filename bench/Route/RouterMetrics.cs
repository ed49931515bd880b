using System.Globalization;
using OrleansKvRouter.Bench.Clients;

namespace OrleansKvRouter.Bench.Route;

/// <summary>A reading of the router's own metrics: time in each stage of its decisions, tokens placed and matched, since it started.</summary>
internal sealed class RouterMetrics
{
    private static readonly string[] Stages = ["parse", "render", "tokenize", "hash", "walk", "score"];
    private readonly Dictionary<string, double> _stageSeconds = [];
    private double _promptTokens;
    private double _matchedTokens;

    public static async Task<RouterMetrics> ReadAsync(AdminClient admin, CancellationToken cancellation)
    {
        var reading = new RouterMetrics();
        foreach (var line in (await admin.MetricsAsync(cancellation)).Split('\n'))
        {
            if (line.StartsWith("kvrouter_decision_stage_duration_seconds_sum{", StringComparison.Ordinal)) reading._stageSeconds[line.Split("stage=\"")[1].Split('"')[0]] = Value(line);
            else if (line.StartsWith("kvrouter_prompt_tokens_total", StringComparison.Ordinal)) reading._promptTokens += Value(line);
            else if (line.StartsWith("kvrouter_matched_tokens_total", StringComparison.Ordinal)) reading._matchedTokens += Value(line);
        }

        return reading;
    }

    /// <summary>Seconds in all stages since an earlier reading.</summary>
    public double SecondsSince(RouterMetrics earlier) => _stageSeconds.Values.Sum() - earlier._stageSeconds.Values.Sum();

    /// <summary>Each stage's share of that time, 0 to 1, in the stages' order.</summary>
    public IReadOnlyDictionary<string, double> SharesSince(RouterMetrics earlier)
    {
        var total = SecondsSince(earlier);
        return Stages.ToDictionary(stage => stage, stage => (_stageSeconds.GetValueOrDefault(stage) - earlier._stageSeconds.GetValueOrDefault(stage)) / total);
    }

    /// <summary>Share of prompt tokens predicted to be cached since an earlier reading, 0 to 1.</summary>
    public double HitRateSince(RouterMetrics earlier) => (_matchedTokens - earlier._matchedTokens) / (_promptTokens - earlier._promptTokens);

    private static double Value(string line) => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture);
}
