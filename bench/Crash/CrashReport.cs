using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.Bench.Crash;

/// <summary>What <c>bench crash</c> came to.</summary>
public sealed record CrashReport
{
    public string Bench { get; } = "crash";

    /// <summary><c>bind</c> where the engines connect to the router, else <c>connect</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>How often the router was killed.</summary>
    public int Kills { get; init; }

    /// <summary>Starts after which it did not become ready.</summary>
    public int RefusedStarts { get; init; }

    /// <summary>Entries of the index that their engine did not hold, once every engine had been heard.</summary>
    public long WrongEntries { get; init; }

    /// <summary>Entries that were missing then.</summary>
    public long MissingEntries { get; init; }

    /// <summary>Entries that were compared.</summary>
    public long ComparedEntries { get; init; }

    /// <summary>Starts that found a snapshot.</summary>
    public int Loaded { get; init; }

    /// <summary>Snapshots that were set aside.</summary>
    public int SetAside { get; init; }

    /// <summary>Engines that went on from a snapshot, summed over the starts.</summary>
    public int Resumed { get; init; }

    /// <summary>Batches that engines published.</summary>
    public long Sent { get; init; }

    /// <summary>Batches that they replayed.</summary>
    public long Replayed { get; init; }

    /// <summary>Times that an engine was restarted.</summary>
    public long EngineRestarts { get; init; }

    /// <summary>From the start of a process until the index equalled its engines, the median.</summary>
    public double MedianSecondsToEqual { get; init; }

    /// <summary>The same, the longest.</summary>
    public double LongestSecondsToEqual { get; init; }

    /// <summary>What differed, the first few.</summary>
    public IReadOnlyList<string> Differing { get; init; } = [];

    public bool IsGood => RefusedStarts == 0 && WrongEntries == 0 && MissingEntries == 0;

    public string ToJson() => JsonSerializer.Serialize(this, CrashJson.Default.CrashReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CrashReport))]
internal sealed partial class CrashJson : JsonSerializerContext;
