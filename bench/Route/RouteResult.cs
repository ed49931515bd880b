using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.Bench.Route;

/// <summary>One row's figures: a line of <c>bench route --json</c>.</summary>
internal sealed record RouteResult
{
    public string Bench { get; } = "route";

    public required int BodyBytes { get; init; }

    /// <summary><c>warm</c> or <c>cold</c>.</summary>
    public required string Prefix { get; init; }

    public required int InFlight { get; init; }

    public required int Requests { get; init; }

    public required double DecisionsPerSecond { get; init; }

    /// <summary>Median time of a round trip, from opening the stream to the answer that names the endpoint.</summary>
    public required double P50Microseconds { get; init; }

    public required double P99Microseconds { get; init; }

    /// <summary>Mean time that the router itself took: all stages.</summary>
    public required double DecisionMicroseconds { get; init; }

    /// <summary>Share of prompt tokens predicted to be cached, 0 to 1: that a warm row was warm and a cold one cold.</summary>
    public required double HitRate { get; init; }

    /// <summary>Each stage's share of <see cref="DecisionMicroseconds"/>.</summary>
    public required IReadOnlyDictionary<string, double> Stages { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, RouteJson.Default.RouteResult);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RouteResult))]
internal sealed partial class RouteJson : JsonSerializerContext;
