using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices.Hosting;

/// <summary>What a slice knows of an engine beside its blocks.</summary>
internal sealed class EngineInSlice(EngineId id)
{
    public EngineId Id => id;

    /// <summary>The engine's name; empty until its owner has said it.</summary>
    public string Name { get; set; } = "";

    /// <summary>The owner that is believed.</summary>
    public long Token { get; set; }

    /// <summary>What the keys are made with, as 64 bits: another scheme's keys are worth nothing.</summary>
    public ulong Scheme { get; set; }

    public EnginePosition Position { get; set; } = EnginePosition.None;

    /// <summary>Since when its owner has neither claimed it nor asked after it; null where he has since that was last looked at.</summary>
    public long? Heard { get; set; }

    /// <summary>By tier, its holder in the slice's index; null while nothing was stored there.</summary>
    public HolderId?[] Holders { get; } = new HolderId?[HolderTag.Tiers];
}

/// <summary>How far an engine's stream is in a slice. Ordered by epoch, then sequence.</summary>
/// <param name="Epoch">Goes up when all that was known of the engine is thrown away, since its numbers may start anew then.</param>
/// <param name="Sequence">The last batch that counts; −1 at the beginning of an epoch.</param>
/// <param name="Timestamp">The time in that batch, Unix seconds.</param>
/// <param name="Memo">What the engine's owner wants its successor to know (<see cref="StreamPosition.Memo"/>).</param>
public readonly record struct EnginePosition(long Epoch, long Sequence, double Timestamp, ulong Memo = 0) : IComparable<EnginePosition>
{
    /// <summary>Nothing is known.</summary>
    public static readonly EnginePosition None = new(0, -1, 0);

    public int CompareTo(EnginePosition other) => Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Sequence.CompareTo(other.Sequence);

    public static bool operator <(EnginePosition left, EnginePosition right) => left.CompareTo(right) < 0;

    public static bool operator >(EnginePosition left, EnginePosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(EnginePosition left, EnginePosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EnginePosition left, EnginePosition right) => left.CompareTo(right) >= 0;
}
