using System.Globalization;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>A number of bytes as people write it: <c>1073741824</c>, <c>1024MiB</c>, <c>1GiB</c>.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] Units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("", 1)];

    public static bool TryParse(string text, out long bytes)
    {
        var (suffix, unit) = Units.First(unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        bytes = 0;
        if (!long.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > long.MaxValue / unit) return false;
        bytes = count * unit;
        return true;
    }
}
