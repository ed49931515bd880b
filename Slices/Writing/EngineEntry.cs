using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Slices.Writing;

/// <summary>An engine as this silo's index knows it: its holders' numbers, what slices say that they have, and how to write.</summary>
internal sealed class EngineEntry(EngineWriter writer, int slices)
{
    private readonly EngineStanding?[] _standings = new EngineStanding?[slices];

    public EngineWriter Writer => writer;

    /// <summary>Holders that were issued, by tier.</summary>
    public HolderId?[] Holders { get; } = new HolderId?[HolderTag.Tiers];

    /// <summary>Notes what a slice says.</summary>
    public void Note(int slice, EngineStanding standing) => Volatile.Write(ref _standings[slice], standing);

    /// <summary>Distinct blocks in a tier, as slices last said.</summary>
    public long Held(int tier) => _standings.Sum(standing => standing?.Held[tier] ?? 0);

    public long Dropped(int tier) => _standings.Sum(standing => standing?.Dropped[tier] ?? 0);
}
