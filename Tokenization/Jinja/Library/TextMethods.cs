using System.Buffers;
using System.Text;
using OrleansKvRouter.Tokenization.Jinja.Values;
using Text = OrleansKvRouter.Tokenization.Jinja.Values.Text;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>Python's methods of str.</summary>
internal static class TextMethods
{
    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029");

    public static readonly Dictionary<string, Method> All = new()
    {
        ["strip"] = (owner, a) => Strip(Text.Str(owner), Optional(a, "strip", "chars"), left: true, right: true),
        ["lstrip"] = (owner, a) => Strip(Text.Str(owner), Optional(a, "lstrip", "chars"), left: true, right: false),
        ["rstrip"] = (owner, a) => Strip(Text.Str(owner), Optional(a, "rstrip", "chars"), left: false, right: true),
        ["split"] = (owner, a) => TextSplitting.Split(Text.Str(owner), a, fromRight: false),
        ["rsplit"] = (owner, a) => TextSplitting.Split(Text.Str(owner), a, fromRight: true),
        ["splitlines"] = (owner, a) => new PyList([.. Lines(Text.Str(owner), a.Bind("splitlines", "keepends")[0] is { } keep && !ReferenceEquals(keep, Undefined.Missing) && Compare.Truth(keep))]),
        ["partition"] = (owner, a) => TextSplitting.Partition(Text.Str(owner), a, fromRight: false),
        ["rpartition"] = (owner, a) => TextSplitting.Partition(Text.Str(owner), a, fromRight: true),
        ["startswith"] = (owner, a) => Affix(Text.Str(owner), a, static (text, affix) => text.StartsWith(affix, StringComparison.Ordinal), "startswith"),
        ["endswith"] = (owner, a) => Affix(Text.Str(owner), a, static (text, affix) => text.EndsWith(affix, StringComparison.Ordinal), "endswith"),
        ["removeprefix"] = (owner, a) => Required(a, "removeprefix") is var prefix && Text.Str(owner).StartsWith(prefix, StringComparison.Ordinal) ? Text.Str(owner)[prefix.Length..] : Text.Str(owner),
        ["removesuffix"] = (owner, a) => Required(a, "removesuffix") is var suffix && Text.Str(owner).EndsWith(suffix, StringComparison.Ordinal) ? Text.Str(owner)[..^suffix.Length] : Text.Str(owner),
        ["replace"] = (owner, a) => Replace(Text.Str(owner), a),
        ["find"] = (owner, a) => Number.Box(TextSplitting.Find(Text.Str(owner), a, fromRight: false)),
        ["rfind"] = (owner, a) => Number.Box(TextSplitting.Find(Text.Str(owner), a, fromRight: true)),
        ["index"] = (owner, a) => Found(TextSplitting.Find(Text.Str(owner), a, fromRight: false)),
        ["rindex"] = (owner, a) => Found(TextSplitting.Find(Text.Str(owner), a, fromRight: true)),
        ["count"] = (owner, a) => Number.Box(TextSplitting.Count(Text.Str(owner), Required(a, "count"))),
        ["join"] = (owner, a) => Join(Text.Str(owner), a.Bind("join", "iterable")[0]),
        ["format"] = (owner, a) => BraceFormat.Apply(Text.Str(owner), a),
        ["upper"] = Simple("upper", text => text.ToUpperInvariant()),
        ["lower"] = Simple("lower", text => text.ToLowerInvariant()),
        ["casefold"] = Simple("casefold", text => text.ToLowerInvariant()),
        ["capitalize"] = Simple("capitalize", Capitalize),
        ["title"] = Simple("title", Title),
        ["swapcase"] = Simple("swapcase", text => string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        ["isdigit"] = Simple("isdigit", text => Every(text, char.IsDigit)),
        ["isdecimal"] = Simple("isdecimal", text => Every(text, char.IsDigit)),
        ["isnumeric"] = Simple("isnumeric", text => Every(text, char.IsNumber)),
        ["isalpha"] = Simple("isalpha", text => Every(text, char.IsLetter)),
        ["isalnum"] = Simple("isalnum", text => Every(text, c => char.IsLetter(c) || char.IsNumber(c))),
        ["isspace"] = Simple("isspace", text => Every(text, Text.IsSpace)),
        ["isupper"] = Simple("isupper", text => Number.Box(text.Any(char.IsUpper) && !text.Any(char.IsLower))),
        ["islower"] = Simple("islower", text => Number.Box(text.Any(char.IsLower) && !text.Any(char.IsUpper))),
        ["isascii"] = Simple("isascii", text => Number.Box(System.Text.Ascii.IsValid(text))),
        ["zfill"] = (owner, a) => ZeroFill(Text.Str(owner), Width(a.Bind("zfill", "width")[0])),
        ["center"] = (owner, a) => a.Bind("center", "width", "fillchar") is var b ? Center(Text.Str(owner), Width(b[0]), Filler(b[1])) : null,
        ["ljust"] = (owner, a) => a.Bind("ljust", "width", "fillchar") is var b ? Text.Str(owner) + Padding(Text.Str(owner), Width(b[0]), Filler(b[1])) : null,
        ["rjust"] = (owner, a) => a.Bind("rjust", "width", "fillchar") is var b ? Padding(Text.Str(owner), Width(b[0]), Filler(b[1])) + Text.Str(owner) : null,
    };

    /// <summary>Takes <paramref name="chars"/>, or white space where that is None, off the ends.</summary>
    public static string Strip(string text, object? chars, bool left, bool right)
    {
        var set = chars is null ? null : Text.Require(chars, "strip arg must be None or str");
        bool Goes(char c) => set is null ? Text.IsSpace(c) : set.Contains(c, StringComparison.Ordinal);
        var (from, to) = (0, text.Length);
        while (left && from < to && Goes(text[from])) from++;
        while (right && to > from && Goes(text[to - 1])) to--;
        return text[from..to];
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static string Replace(string text, string old, string with, long count)
    {
        if (count < 0 && old.Length > 0)
        {
            var replaced = text.Replace(old, with, StringComparison.Ordinal);
            Guard.Length(replaced.Length);
            return replaced;
        }

        var into = new StringBuilder();
        var at = 0;
        for (var done = 0L; count < 0 || done < count; done++)
        {
            // An empty string is found before every character and at the end.
            var found = old.Length > 0 ? text.IndexOf(old, at, StringComparison.Ordinal) : done == 0 ? at : at < text.Length ? at + 1 : -1;
            if (found < 0) break;
            into.Append(text, at, found - at).Append(with);
            at = found + old.Length;
            Guard.Length(into.Length);
        }

        return into.Append(text, at, text.Length - at).ToString();
    }

    public static string Center(string text, long width, char filler)
    {
        Guard.Length(width);
        var missing = (int)Math.Max(0, width - Text.Length(text));
        var left = (missing / 2) + (missing & (int)width & 1);
        return new string(filler, left) + text + new string(filler, missing - left);
    }

    public static List<string> Lines(string text, bool keepEnds)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = text.AsSpan(start).IndexOfAny(LineEnds);
            end = end < 0 ? text.Length : start + end;
            var next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }

        return lines;
    }

    private static Method Simple(string name, Func<string, object?> body) => (owner, arguments) =>
    {
        arguments.Bind(name);
        return body(Text.Str(owner));
    };

    private static object Every(string text, Func<char, bool> holds) => Number.Box(text.Length > 0 && text.All(holds));

    private static object? Optional(Arguments arguments, string method, string parameter) =>
        arguments.Bind(method, parameter)[0] is var value && ReferenceEquals(value, Undefined.Missing) ? null : value;

    private static string Required(Arguments arguments, string method) =>
        Text.Require(arguments.Bind(method, "text")[0], $"{method}() argument must be str");

    private static object Found(long at) => at < 0 ? throw new TemplateException("substring not found") : Number.Box(at);

    private static object Affix(string text, Arguments arguments, Func<string, string, bool> holds, string method)
    {
        var bound = arguments.Bind(method, "affix", "start", "end");
        for (var i = 1; i < 3; i++)
        {
            if (ReferenceEquals(bound[i], Undefined.Missing)) bound[i] = null;
        }

        if (bound[1] is not null || bound[2] is not null) text = (string)Slices.Of(text, bound[1], bound[2], null);
        if (bound[0] is PyTuple affixes) return Number.Box(affixes.Items.Any(affix => holds(text, Text.Require(affix, $"tuple for {method} must only contain str"))));
        return Number.Box(holds(text, Text.Require(bound[0], $"{method} first arg must be str or a tuple of str")));
    }

    private static string Replace(string text, Arguments arguments)
    {
        var bound = arguments.Bind("replace", "old", "new", "count");
        var count = ReferenceEquals(bound[2], Undefined.Missing) ? -1 : Number.ToLong(bound[2]);
        return Replace(text, Text.Require(bound[0], "replace() argument 1 must be str"), Text.Require(bound[1], "replace() argument 2 must be str"), count);
    }

    private static string Join(string separator, object? items)
    {
        List<string> texts = [.. Iteration.Of(items).Select(item => Text.Require(item, "sequence item: expected str instance"))];
        Guard.Length(texts.Sum(text => (long)text.Length + separator.Length));
        return string.Join(separator, texts);
    }

    /// <summary>str.title(): a word starts behind whatever is not a letter.</summary>
    private static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        var starts = true;
        foreach (var c in text)
        {
            title.Append(starts ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            starts = !char.IsLetter(c);
        }

        return title.ToString();
    }

    private static string ZeroFill(string text, long width)
    {
        var sign = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        return text[..sign] + Padding(text, width, '0') + text[sign..];
    }

    private static string Padding(string text, long width, char filler)
    {
        Guard.Length(width);
        return new string(filler, (int)Math.Max(0, width - Text.Length(text)));
    }

    private static long Width(object? width) => Number.ToLong(width);

    private static char Filler(object? filler) => ReferenceEquals(filler, Undefined.Missing) ? ' '
        : Text.Of(filler, out var text) && text.Length == 1 ? text[0]
        : throw new TemplateException("the fill character must be exactly one character long");
}
