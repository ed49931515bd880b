using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.KvIndex.Snapshots.Records;

/// <summary>
/// A manifest as bytes: one line <c>KVROUTER-SNAPSHOT version length hash</c>, then so many bytes of JSON with that hash (XXH3,
/// hexadecimal).
/// </summary>
internal static class ManifestEnvelope
{
    /// <summary>The version written. Every version from 1 on is read.</summary>
    public const int Version = 1;

    private const string Magic = "KVROUTER-SNAPSHOT";
    private const int LongestHeader = 64;

    public static byte[] Write(SnapshotManifest manifest)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.SnapshotManifest);
        var header = string.Create(CultureInfo.InvariantCulture, $"{Magic} {Version} {json.Length} {XxHash3.HashToUInt64(json):x16}\n");
        return [.. Encoding.ASCII.GetBytes(header), .. json];
    }

    public static Expected<SnapshotManifest> Read(ReadOnlySpan<byte> bytes)
    {
        var end = bytes[..Math.Min(bytes.Length, LongestHeader)].IndexOf((byte)'\n');
        var fields = end < 0 ? [] : Encoding.ASCII.GetString(bytes[..end]).Split(' ');
        if (fields.Length != 4 || fields[0] != Magic || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var version)) return new Fault("it is no snapshot of this router");
        if (version is < 1 or > Version) return new Fault($"it has format {version}, and this version of the router reads 1 to {Version}", "start the version that wrote it, or let this one begin anew");
        var json = bytes[(end + 1)..];
        if (!int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || json.Length != length) return new Fault($"it should have {fields[2]} bytes after its first line, and has {json.Length}");
        if (fields[3] != XxHash3.HashToUInt64(json).ToString("x16", CultureInfo.InvariantCulture)) return new Fault("its bytes do not have the hash that they were written with");
        try
        {
            return JsonSerializer.Deserialize(json, ManifestJson.Default.SnapshotManifest) is { } manifest ? manifest : new Fault("it is empty");
        }
        catch (JsonException e)
        {
            return new Fault($"it cannot be understood: {e.Message}");
        }
    }
}
