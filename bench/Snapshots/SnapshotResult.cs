using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.Bench.Snapshots;

/// <summary>What <c>bench snapshot</c> came to; medians of several runs.</summary>
internal sealed record SnapshotResult
{
    public string Bench { get; } = "snapshot";

    public required int Memberships { get; init; }

    public required int Length { get; init; }

    public required int Workers { get; init; }

    public required long Blocks { get; init; }

    /// <summary>A whole snapshot, until it is safe on disk.</summary>
    public required double WriteSeconds { get; init; }

    /// <summary>For how long nothing could be written to the index meanwhile.</summary>
    public required double StandingMilliseconds { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The next snapshot after one in a hundred prompts was stored anew.</summary>
    public required double IncrementSeconds { get; init; }

    public required long IncrementBytes { get; init; }

    /// <summary>From the files to an index that can be walked.</summary>
    public required double LoadSeconds { get; init; }

    /// <summary>Of a mix of walks, with no snapshot under way.</summary>
    public required double P50MicrosecondsWithout { get; init; }

    public required double P99MicrosecondsWithout { get; init; }

    /// <summary>The same, while snapshots are written all the time.</summary>
    public required double P50MicrosecondsDuring { get; init; }

    public required double P99MicrosecondsDuring { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, SnapshotJson.Default.SnapshotResult);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SnapshotResult))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
