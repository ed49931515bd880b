using System.Globalization;
using OrleansKvRouter.Bench.Clients;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>The silos' own counts of their walks (<c>kvrouter_slices_…</c>), since each was started.</summary>
internal sealed class WalkCounts
{
    private readonly Dictionary<(int Silo, string Series), double> _counts = [];

    public static async Task<WalkCounts> ReadAsync(ClusterSilos silos)
    {
        var counts = new WalkCounts();
        foreach (var silo in silos.Running)
        {
            using var admin = new AdminClient(silos.Admin[silo]);
            foreach (var line in (await admin.MetricsAsync()).Split('\n').Where(line => line.StartsWith("kvrouter_slices_", StringComparison.Ordinal)))
            {
                var end = line.LastIndexOf(' ');
                counts._counts[(silo, line[..end])] = double.Parse(line.AsSpan(end + 1), CultureInfo.InvariantCulture);
            }
        }

        return counts;
    }

    /// <summary>Walks that went on without a part of the index; a silo that was started since counts from its start.</summary>
    public long PartialSince(WalkCounts before) => (long)_counts.Where(count => count.Key.Series == "kvrouter_slices_walks_total{outcome=\"partial\"}")
        .Sum(count => before._counts.GetValueOrDefault(count.Key) is var then && then <= count.Value ? count.Value - then : count.Value);
}
