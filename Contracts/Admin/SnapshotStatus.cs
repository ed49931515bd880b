namespace OrleansKvRouter.Contracts.Admin;

/// <summary>How a pool's snapshots fare.</summary>
public sealed record SnapshotStatus
{
    /// <summary>Where they are.</summary>
    public required string Place { get; init; }

    /// <summary>The moment that the last one is of; null before the first.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>How old that is now, in seconds; null before the first.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>How long after one the next is begun, in seconds.</summary>
    public required double IntervalSeconds { get; init; }

    /// <summary>The number of the last one.</summary>
    public long? Generation { get; init; }

    /// <summary>Blocks in the last one that this process wrote; null before the first.</summary>
    public long? Blocks { get; init; }

    /// <summary>Bytes of all that are kept.</summary>
    public long Bytes { get; init; }

    /// <summary>How long the last one took, in seconds.</summary>
    public double? TookSeconds { get; init; }

    /// <summary>How many failed since the start.</summary>
    public long Failures { get; init; }

    /// <summary>Why the last one failed; null where it did not.</summary>
    public string? Fault { get; init; }

    /// <summary>What was found at the start.</summary>
    public SnapshotLoadStatus? Loaded { get; init; }
}

/// <summary>What was found at the start.</summary>
/// <param name="Generation">The number of the snapshot that was loaded; null where there was none.</param>
/// <param name="TakenAt">The moment that it was of.</param>
/// <param name="Resumed">Engines that go on from it, once they show that they are the same process.</param>
/// <param name="Dropped">Engines in it that are gone, or cannot show that.</param>
/// <param name="SetAside">Snapshots that could not be used, and why.</param>
/// <param name="TookSeconds">How long it took.</param>
public sealed record SnapshotLoadStatus(
    long? Generation, DateTimeOffset? TakenAt, int Resumed, int Dropped, IReadOnlyList<string> SetAside, double TookSeconds);
