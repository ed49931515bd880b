using System.Globalization;

namespace OrleansKvRouter.Bench.Figures;

/// <summary>What the process occupies in memory.</summary>
internal static class ResidentMemory
{
    /// <summary>Bytes, after everything that is garbage has been given back to the system.</summary>
    public static long Read()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6, line.Length - 8), CultureInfo.InvariantCulture) * 1024;
    }
}
