using System.Globalization;

namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>The names of a generation's two blobs.</summary>
internal static class BlobNames
{
    private const string ManifestEnd = ".manifest";
    private const string SegmentEnd = ".segment";

    public static string Manifest(long generation) => generation.ToString("d12", CultureInfo.InvariantCulture) + ManifestEnd;

    public static string Segment(long generation) => generation.ToString("d12", CultureInfo.InvariantCulture) + SegmentEnd;

    /// <summary>The generation of a manifest; null for another blob.</summary>
    public static long? GenerationOfManifest(string name) => Generation(name, ManifestEnd);

    /// <summary>The generation of a segment; null for another blob.</summary>
    public static long? GenerationOfSegment(string name) => Generation(name, SegmentEnd);

    private static long? Generation(string name, string end) =>
        name.EndsWith(end, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, name.Length - end.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? generation
            : null;
}
