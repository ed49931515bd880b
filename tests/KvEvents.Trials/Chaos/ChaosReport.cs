using System.Text.Json;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Chaos;

/// <summary>How a chaos run went. What was sent is the engines' word, what was applied the router's.</summary>
internal sealed record ChaosReport
{
    public string Bench { get; } = "chaos";

    public required int Engines { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Batches that engines published, or should have.</summary>
    public required long Sent { get; init; }

    public double BatchesPerSecond => Sent / Seconds;

    /// <summary>Batches that did not come live: not sent, lost on a wire or with one, or sent before an unheard restart.</summary>
    public required long LostLive { get; init; }

    /// <summary>Of these, those that the wires lost on purpose, replies to replays included.</summary>
    public required long DroppedByWires { get; init; }

    /// <summary>Connections cut.</summary>
    public required int Cuts { get; init; }

    /// <summary>Batches fetched from the engines' replay sockets.</summary>
    public required long Replayed { get; init; }

    /// <summary>Batches that nobody had any more.</summary>
    public required long LostForGood { get; init; }

    /// <summary>Times that an engine's blocks were taken out for want of what was lost.</summary>
    public required long Purged { get; init; }

    /// <summary>Blocks that waited for their parent until it came.</summary>
    public required long Stitched { get; init; }

    /// <summary>Restarts of engines.</summary>
    public required long Restarts { get; init; }

    /// <summary>Those that the router noticed; two in a row that were not heard in between are one, and one may be seen twice.</summary>
    public required long RestartsSeen { get; init; }

    public required long Duplicates { get; init; }

    /// <summary>Batches whose applying failed for a reason inside the router.</summary>
    public required long Failures { get; init; }

    /// <summary>From the end of the trouble until the index agreed with every engine, and said nothing wrong of those that lost batches for good.</summary>
    public required double SecondsToRest { get; init; }

    /// <summary>(engine, block) pairs that the engines hold at rest.</summary>
    public required long Blocks { get; init; }

    /// <summary>Pairs that the index has and the engine does not.</summary>
    public required long Wrong { get; init; }

    /// <summary>Pairs that the engine has and the index does not, where nothing was lost for good, and after a clear where something was.</summary>
    public required long Missing { get; init; }

    /// <summary>What each engine that differs is, for people.</summary>
    public required IReadOnlyList<string> Differing { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}
