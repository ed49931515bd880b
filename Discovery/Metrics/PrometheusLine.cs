using System.Buffers.Text;

namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>
/// One sample line of the Prometheus text format, split but not copied:
/// <c>name{label="value",…} value [timestamp]</c>.
/// </summary>
internal readonly ref struct PrometheusLine
{
    private readonly ReadOnlySpan<byte> _labels;

    private PrometheusLine(ReadOnlySpan<byte> labels, double value)
    {
        _labels = labels;
        Value = value;
    }

    public double Value { get; }

    /// <summary>Reads the line when it is a sample of the metric <paramref name="name"/> and well formed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out PrometheusLine sample)
    {
        sample = default;
        if (!line.StartsWith(name)) return false;
        var rest = line[name.Length..];
        ReadOnlySpan<byte> labels = default;
        if (rest is [(byte)'{', ..])
        {
            var end = EndOfLabels(rest);
            if (end < 0) return false;
            labels = rest[1..end];
            rest = rest[(end + 1)..];
        }
        else if (rest is not [(byte)' ' or (byte)'\t', ..])
        {
            // A longer name that starts with this one.
            return false;
        }

        rest = rest.TrimStart(" \t"u8);
        if (!Utf8Parser.TryParse(rest, out double value, out var used)) return false;
        if (used < rest.Length && rest[used] is not ((byte)' ' or (byte)'\t' or (byte)'\r')) return false;
        sample = new PrometheusLine(labels, value);
        return true;
    }

    /// <summary>A label's value as a number of one to nine digits; null when the sample has no such label or it is something else.</summary>
    public int? NumericLabel(ReadOnlySpan<byte> name)
    {
        var rest = _labels;
        while (rest.IndexOf((byte)'=') is var equals and >= 0)
        {
            var label = rest[..equals].Trim(" \t,"u8);
            rest = rest[(equals + 1)..].TrimStart(" \t"u8);
            if (rest is not [(byte)'"', ..] || EndOfText(rest) is not (> 0 and var end)) return null;
            var value = rest[1..end];
            rest = rest[(end + 1)..];
            if (!label.SequenceEqual(name)) continue;
            return value.Length is > 0 and < 10 && Utf8Parser.TryParse(value, out int number, out var used) && used == value.Length && number >= 0 ? number : null;
        }

        return null;
    }

    /// <summary>The closing brace; −1 when there is none. A label's text may hold braces and escaped quotes.</summary>
    private static int EndOfLabels(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '}') return i;
            if (text[i] != '"') continue;
            var end = EndOfText(text[i..]);
            if (end < 0) return -1;
            i += end;
        }

        return -1;
    }

    /// <summary>The closing quote of a text that starts with its opening one; −1 when there is none.</summary>
    private static int EndOfText(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == '"') return i;
        }

        return -1;
    }
}
