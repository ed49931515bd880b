using System.Runtime.CompilerServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices;

/// <summary>
/// Which slice of a pool's key space a key lies in: the same in every silo, for good, since snapshots are kept by slice. Neighbouring
/// blocks lie in different slices, so that each holds its share of every chain and none is hotter than the others.
/// </summary>
public static class SliceMap
{
    /// <summary>The most slices that a pool can have: a set of them is 64 bits.</summary>
    public const int MaxSlices = 64;

    /// <summary>
    /// How many slices a pool has unless told otherwise: divisible by most numbers of silos, and few enough that looking into each
    /// costs a walk little.
    /// </summary>
    public const int DefaultSlices = 12;

    /// <summary>The slice of a key. Keys are hashes, but some of engines' and tests are small numbers, so they are mixed once more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SliceOf(BlockKey key, int slices) => (int)(((key.Value * 0x9E3779B97F4A7C15) >> 32) * (uint)slices >> 32);
}
