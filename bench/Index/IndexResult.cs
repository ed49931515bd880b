using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.Bench.Index;

/// <summary>One row of <c>bench index</c>: the median of several runs. What a row does not measure is null and left out of the JSON.</summary>
internal sealed record IndexResult
{
    public string Bench { get; } = "index";

    public required int Memberships { get; init; }

    public required int Length { get; init; }

    public required int Workers { get; init; }

    public required string Row { get; init; }

    /// <summary>Walks a second, of all reading threads together.</summary>
    public double? WalksPerSecond { get; init; }

    public double? P50Microseconds { get; init; }

    public double? P99Microseconds { get; init; }

    /// <summary>(Holder, block) pairs stored or removed a second.</summary>
    public double? BlocksPerSecond { get; init; }

    /// <summary>Resident bytes that storing everything added to the process, a membership.</summary>
    public double? BytesPerMembership { get; init; }

    /// <summary>Until no walk reports a removed endpoint.</summary>
    public double? InvisibleMilliseconds { get; init; }

    /// <summary>Until nothing of it is left.</summary>
    public double? SweptMilliseconds { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, IndexJson.Default.IndexResult);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IndexResult))]
internal sealed partial class IndexJson : JsonSerializerContext;
