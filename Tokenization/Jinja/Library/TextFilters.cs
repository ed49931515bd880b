using System.Text;
using OrleansKvRouter.Tokenization.Jinja.Values;
using static OrleansKvRouter.Tokenization.Jinja.Library.Filters;
using Text = OrleansKvRouter.Tokenization.Jinja.Values.Text;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>Filters that make text of their input's text.</summary>
internal static class TextFilters
{
    public static readonly KeyValuePair<string, Filter>[] All =
    [
        Define("string", (value, _) => value is Markup ? value : Text.Str(value)),
        Define("safe", (value, _) => new Markup(Text.Str(value))),
        Define("escape", (value, _) => value is Markup ? value : new Markup(Markup.Escape(Text.Str(value)))),
        Define("forceescape", (value, _) => new Markup(Markup.Escape(Text.Str(value)))),
        Define("upper", (value, _) => Text.Str(value).ToUpperInvariant()),
        Define("lower", (value, _) => Text.Str(value).ToLowerInvariant()),
        Define("capitalize", (value, _) => TextMethods.Capitalize(Text.Str(value))),
        Define("title", (value, _) => Title(Text.Str(value))),
        Define("trim", (value, a) => Trim(value, a.Or(0, null)), "chars"),
        Define("replace", Replace, "old", "new", "count"),
        Define("indent", Indent, "width", "first", "blank"),
        Define("center", (value, a) => TextMethods.Center(Text.Str(value), a.Whole(0, 80), ' '), "width"),
        Define("truncate", Truncate, "length", "killwords", "end", "leeway"),
        Define("wordcount", (value, _) => Number.Box(WordCount(Text.Str(value)))),
        Define("striptags", (value, _) => StripTags(Text.Str(value))),
        Define("urlencode", (value, _) => Uri.EscapeDataString(Text.Str(value)).Replace("%2F", "/", StringComparison.Ordinal)),
        new("format", (_, value, a) => PercentFormat.Apply(Text.Str(value), a.Named.Length > 0 ? Named(a) : new PyTuple(a.Positional))),
    ];

    private static PyDict Named(Arguments arguments)
    {
        if (arguments.Positional.Length > 0) throw new TemplateException("the filter 'format' takes positional or keyword arguments, not both");
        var named = new PyDict();
        foreach (var (name, value) in arguments.Named) named.Set(name, value);
        return named;
    }

    private static object Trim(object? value, object? chars)
    {
        var trimmed = TextMethods.Strip(Text.Str(value), chars, left: true, right: true);
        return value is Markup ? new Markup(trimmed) : trimmed;
    }

    private static string Replace(object? value, FilterArguments a) =>
        TextMethods.Replace(Text.Str(value), Text.Str(a[0]), Text.Str(a[1]), a.Or(2, null) is null ? -1 : a.Whole(2, -1));

    /// <summary>Jinja's own title case: a word starts behind white space and -, (, {, [, &lt;.</summary>
    private static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        var starts = true;
        foreach (var c in text)
        {
            title.Append(starts ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            starts = Text.IsSpace(c) || c is '-' or '(' or '{' or '[' or '<';
        }

        return title.ToString();
    }

    private static string Indent(object? value, FilterArguments a)
    {
        var width = a.Or(0, 4L);
        var indention = Text.Of(width, out var given) ? given : new string(' ', (int)Math.Clamp(a.Whole(0, 4), 0, 10_000));
        var lines = TextMethods.Lines(Text.Require(value, "the filter 'indent' needs a string") + "\n", keepEnds: false);
        var blank = a.Flag(2);
        var text = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) text.Append('\n');
            if (i > 0 && (blank || lines[i].Length > 0)) text.Append(indention);
            text.Append(lines[i]);
            Guard.Length(text.Length);
        }

        return a.Flag(1) ? indention + text : text.ToString();
    }

    private static string Truncate(object? value, FilterArguments a)
    {
        var text = Text.Str(value);
        var (length, end, leeway) = ((int)Math.Clamp(a.Whole(0, 255), 0, int.MaxValue), a.Has(2) ? a.Text(2) : "...", a.Or(3, null) is null ? 5 : a.Whole(3, 5));
        if (length < Text.Length(end)) throw new TemplateException($"truncate: expected length >= {Text.Length(end)}, got {length}");
        if (Text.Length(text) <= length + leeway) return text;
        var cut = (string)Slices.Of(text, null, Number.Box((long)length - Text.Length(end)), null);
        if (!a.Flag(1) && cut.LastIndexOf(' ') is >= 0 and var space) cut = cut[..space];
        return cut + end;
    }

    private static long WordCount(string text)
    {
        var words = 0L;
        var inside = false;
        foreach (var c in text)
        {
            var word = char.IsLetterOrDigit(c) || c == '_';
            if (word && !inside) words++;
            inside = word;
        }

        return words;
    }

    private static string StripTags(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var end = text[i] != '<' ? -1 : text.AsSpan(i).StartsWith("<!--") ? text.IndexOf("-->", i, StringComparison.Ordinal) + 2 : text.IndexOf('>', i);
            if (end > i) i = end;
            else plain.Append(text[i]);
        }

        return System.Net.WebUtility.HtmlDecode(string.Join(' ', plain.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }
}
