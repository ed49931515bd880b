using System.Text.Json;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>What a run of the fuzzer did.</summary>
internal sealed record FuzzReport
{
    public string Bench { get; } = "fuzz";

    public long Inputs { get; init; }

    /// <summary>Inputs that are batches of events, whatever these say.</summary>
    public long Decoded { get; init; }

    /// <summary>Events in them.</summary>
    public long Events { get; init; }

    /// <summary>Batches of a good engine among them, each found in the index as it should be.</summary>
    public long GoodBatches { get; init; }

    /// <summary>Different outcomes that inputs had.</summary>
    public int Outcomes { get; init; }

    /// <summary>Inputs kept to breed others from.</summary>
    public int Corpus { get; init; }

    /// <summary>The most blocks that waited for their parents at a time.</summary>
    public int MostWaiting { get; init; }

    /// <summary>The managed heap at its largest, after collection.</summary>
    public long HeapBytes { get; init; }

    public long WorkingSetBytes { get; init; }

    public double SlowestMilliseconds { get; init; }

    public double Seconds { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}

/// <summary>An input that shows a bug, with all that is needed to see it again.</summary>
internal sealed class FuzzFindingException(int seed, long number, byte[] input, string finding)
    : Exception($"{finding}\nseed {seed}, input {number} of {input.Length} bytes: {Convert.ToHexString(input)}");
