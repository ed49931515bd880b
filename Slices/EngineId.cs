using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.Slices;

/// <summary>An engine between silos: 64 bits of its name (<see cref="Contracts.Index.HolderName.Engine"/>), which is the same in all of them.</summary>
public readonly record struct EngineId(ulong Value)
{
    public static EngineId Of(string name) => new(XxHash3.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan())));

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A holder between silos: an engine's tier.</summary>
/// <param name="Engine">Whose.</param>
/// <param name="Tier">The tier's number, less than <see cref="Tiers"/>.</param>
public readonly record struct HolderTag(EngineId Engine, int Tier)
{
    /// <summary>Tiers that an engine can have.</summary>
    public const int Tiers = 3;
}
