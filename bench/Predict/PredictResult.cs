using System.Globalization;
using System.Text.Json;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.Bench.Predict;

/// <summary>What a run showed, in sums over its engines.</summary>
/// <param name="Requests">Compared requests.</param>
/// <param name="Right">Of these, requests whose prediction was right to the token.</param>
/// <param name="Predicted">Tokens predicted to be cached.</param>
/// <param name="Reported">Tokens that engines had cached.</param>
/// <param name="Over">Tokens predicted and not cached.</param>
/// <param name="Under">Tokens cached and not predicted.</param>
/// <param name="Evicted">Blocks that engines evicted meanwhile.</param>
/// <param name="Contradictions">Times that an engine, all of which are honest, was taken for one that lies.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record PredictResult(long Requests, long Right, long Predicted, long Reported, long Over, long Under, long Evicted, long Contradictions, double Seconds)
{
    /// <summary>The promise: so many of a thousand predictions are right to the token.</summary>
    private const long PromisedOfThousand = 999;

    public bool IsAsPromised => Requests > 0 && Right * 1000 >= Requests * PromisedOfThousand;

    public static PredictResult Of(PoolStatus pool, long evicted, TimeSpan elapsed)
    {
        PredictionStatus[] all = [.. pool.Endpoints.Select(endpoint => endpoint.Predictions!)];
        return new PredictResult(
            all.Sum(p => p.Judged), all.Sum(p => p.Right), all.Sum(p => p.PredictedTokens), all.Sum(p => p.ReportedTokens), all.Sum(p => p.OverTokens),
            all.Sum(p => p.UnderTokens), evicted, all.Sum(p => p.Contradictions), elapsed.TotalSeconds);
    }

    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"""
        requests            {Requests}
        right to the token  {Right} ({(double)Right / Requests:P3})
        predicted tokens    {Predicted}
        cached tokens       {Reported}
        over / under        {Over} / {Under} tokens
        evicted blocks      {Evicted}
        engines distrusted  {Contradictions} times
        took                {Seconds:0.0} s
        """);

    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}
