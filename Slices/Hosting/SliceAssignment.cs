using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.Slices.Hosting;

/// <summary>
/// Which silo is to host which slice and which engine's feed. Whoever knows the same silos comes to the same answer, so nobody keeps a
/// table of it. Slices: each silo as many as the others, give or take one, and few move when a silo comes or goes.
/// </summary>
public static class SliceAssignment
{
    /// <summary>
    /// By slice, the place of its silo in <paramref name="silos"/>. Rendezvous hashing with a bound: a slice goes to the silo that fits it
    /// best of those that are not full.
    /// </summary>
    /// <param name="pool">The pool; different pools are spread differently.</param>
    /// <param name="slices">Its slices.</param>
    /// <param name="silos">The silos' names, in any order; at least one.</param>
    public static int[] OfSlices(string pool, int slices, IReadOnlyList<string> silos)
    {
        var bound = (slices + silos.Count - 1) / silos.Count;
        // With a bound of 4 for 10 slices on 3 silos, only one may have 4.
        var full = slices - ((bound - 1) * silos.Count);
        var hosted = new int[silos.Count];
        var hosts = new int[slices];
        for (var slice = 0; slice < slices; slice++)
        {
            var best = -1;
            var fit = 0UL;
            for (var silo = 0; silo < silos.Count; silo++)
            {
                if (hosted[silo] >= bound || (hosted[silo] == bound - 1 && full == 0)) continue;
                var fits = Fit($"{pool}/{slice}", silos[silo]);
                if (best >= 0 && (fits < fit || (fits == fit && string.CompareOrdinal(silos[silo], silos[best]) > 0))) continue;
                (best, fit) = (silo, fits);
            }

            hosts[slice] = best;
            if (++hosted[best] == bound) full--;
        }

        return hosts;
    }

    /// <summary>The place of the silo in <paramref name="silos"/> that an engine's feed belongs to.</summary>
    public static int OfEngine(string engine, IReadOnlyList<string> silos)
    {
        var best = 0;
        for (var silo = 1; silo < silos.Count; silo++)
        {
            var (fits, fit) = (Fit(engine, silos[silo]), Fit(engine, silos[best]));
            if (fits > fit || (fits == fit && string.CompareOrdinal(silos[silo], silos[best]) < 0)) best = silo;
        }

        return best;
    }

    private static ulong Fit(string what, string silo) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes($"{what}@{silo}".AsSpan()));
}
