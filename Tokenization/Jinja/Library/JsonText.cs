using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using OrleansKvRouter.Tokenization.Jinja.Values;
using Text = OrleansKvRouter.Tokenization.Jinja.Values.Text;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>Python's json.dumps.</summary>
internal static class JsonText
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (char)c), '"', '\\']);
    private static readonly SearchValues<char> PlainAscii = SearchValues.Create([.. Enumerable.Range(32, 95).Select(c => (char)c).Except(['"', '\\'])]);

    /// <param name="EnsureAscii">Escape all but ASCII.</param>
    /// <param name="Indent">What one level is indented by; null: all on one line.</param>
    /// <param name="ItemSeparator">Between items.</param>
    /// <param name="KeySeparator">Between a key and its value.</param>
    /// <param name="SortKeys">Whether a dict's keys are sorted.</param>
    public sealed record Style(bool EnsureAscii, string? Indent, string ItemSeparator, string KeySeparator, bool SortKeys);

    public static string Of(object? value, Style style)
    {
        var into = new StringBuilder();
        Append(into, value, style, 0);
        return into.ToString();
    }

    private static void Append(StringBuilder into, object? value, Style style, int level)
    {
        Guard.Depth();
        Guard.Length(into.Length);
        switch (value)
        {
            case PyDict dict:
                AppendDict(into, dict, style, level);
                break;
            case PyList list:
                AppendItems(into, list.Items, style, level);
                break;
            case PyTuple tuple:
                AppendItems(into, tuple.Items, style, level);
                break;
            case string or Markup:
                AppendText(into, Text.Str(value), style.EnsureAscii);
                break;
            default:
                into.Append(Scalar(value) ?? throw new TemplateException($"Object of type {TypeName.Of(value)} is not JSON serializable"));
                break;
        }
    }

    private static void AppendItems(StringBuilder into, object?[] items, Style style, int level)
    {
        into.Append('[');
        for (var i = 0; i < items.Length; i++)
        {
            Separate(into, style, level + 1, i == 0);
            Append(into, items[i], style, level + 1);
        }

        Close(into, ']', style, level, items.Length);
    }

    private static void AppendDict(StringBuilder into, PyDict dict, Style style, int level)
    {
        int[] order = style.SortKeys ? Sorting.Sorted(Enumerable.Range(0, dict.Count), dict.KeyAt) : [];
        into.Append('{');
        for (var i = 0; i < dict.Count; i++)
        {
            var at = style.SortKeys ? order[i] : i;
            var key = dict.KeyAt(at);
            Separate(into, style, level + 1, i == 0);
            AppendText(into, key as string ?? (key as Markup)?.Text ?? Scalar(key) ?? throw new TemplateException($"keys must be str, int, float, bool or None, not {TypeName.Of(key)}"), style.EnsureAscii);
            into.Append(style.KeySeparator);
            Append(into, dict.ValueAt(at), style, level + 1);
        }

        Close(into, '}', style, level, dict.Count);
    }

    private static void Separate(StringBuilder into, Style style, int level, bool first)
    {
        if (!first) into.Append(style.ItemSeparator);
        NewLine(into, style, level);
    }

    private static void Close(StringBuilder into, char bracket, Style style, int level, int count)
    {
        if (count > 0) NewLine(into, style, level);
        into.Append(bracket);
    }

    private static void NewLine(StringBuilder into, Style style, int level)
    {
        if (style.Indent is null) return;
        into.Append('\n');
        for (var i = 0; i < level; i++) into.Append(style.Indent);
    }

    private static string? Scalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        BigInteger big => big.ToString(CultureInfo.InvariantCulture),
        double.NaN => "NaN",
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        double real => Number.Repr(real),
        _ => null,
    };

    private static void AppendText(StringBuilder into, string text, bool ensureAscii)
    {
        into.Append('"');
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var plain = ensureAscii ? rest.IndexOfAnyExcept(PlainAscii) : rest.IndexOfAny(Escaped);
            into.Append(plain < 0 ? rest : rest[..plain]);
            if (plain < 0) break;
            AppendEscaped(into, rest[plain]);
            rest = rest[(plain + 1)..];
        }

        into.Append('"');
    }

    private static void AppendEscaped(StringBuilder into, char c)
    {
        var at = "\"\\\n\r\t\b\f".IndexOf(c, StringComparison.Ordinal);
        if (at >= 0) into.Append('\\').Append("\"\\nrtbf"[at]);
        else into.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
    }
}
