using System.Text.Json.Serialization;

namespace OrleansKvRouter.Contracts.Admin;

/// <summary>One routed or refused request, as the recent decisions show it.</summary>
public sealed record Decision
{
    public required DateTimeOffset Time { get; init; }

    public required string RequestId { get; init; }

    /// <summary>The model asked for; empty when the request named none.</summary>
    public string Model { get; init; } = "";

    /// <summary>The pool; empty when none could be told.</summary>
    public string Pool { get; init; } = "";

    /// <summary>The picked pod's name; empty when refused.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>The picked <c>ip:port</c>; empty when refused.</summary>
    public string Address { get; init; } = "";

    /// <summary>The data-parallel rank that was named to the endpoint; null, and left out, where the engine chose.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Rank { get; init; }

    /// <summary>Tokens in the prompt; 0 when it was not tokenized.</summary>
    public int Tokens { get; init; }

    /// <summary>Of these, tokens that the picked endpoint is predicted not to compute again.</summary>
    public int MatchedTokens { get; init; }

    /// <summary>From the last byte of the request to the decision, in microseconds.</summary>
    public double DecisionMicroseconds { get; init; }

    /// <summary>200 when picked, else the status of the refusal.</summary>
    public required int Status { get; init; }
}

/// <summary>The decisions of one second.</summary>
/// <param name="Time">The second, in Unix time.</param>
/// <param name="Picked">Requests that were given an endpoint.</param>
/// <param name="Refused">Requests that were refused.</param>
/// <param name="Tokens">Prompt tokens of the picked requests.</param>
/// <param name="MatchedTokens">Of these, tokens predicted to be cached.</param>
/// <param name="P50Microseconds">Median decision time, to within 10 %; null in a second without decisions.</param>
/// <param name="P99Microseconds">99th percentile of the decision time, to within 10 %; null in a second without decisions.</param>
public sealed record HistoryPoint(
    long Time, long Picked, long Refused, long Tokens, long MatchedTokens, double? P50Microseconds, double? P99Microseconds);
