using System.Globalization;
using System.Numerics;
using System.Text;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>Python's str: its length, indices and order count code points, and str() and repr() of every value.</summary>
internal static class Text
{
    public static bool Of(object? value, out string text)
    {
        text = value as string ?? (value as Markup)?.Text!;
        return text is not null;
    }

    public static string Require(object? value, string what) => Of(value, out var text) ? text : throw TypeError(what, value);

    public static TemplateException TypeError(string what, object? value) =>
        value is Undefined undefined ? undefined.Error() : new TemplateException($"{what}, not {TypeName.Of(value)}");

    public static bool HasSurrogates(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;

    public static int Length(string text) => HasSurrogates(text) ? CodePoints(text).Count() : text.Length;

    public static IEnumerable<string> CodePoints(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var width = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            yield return text.Substring(i, width);
            i += width;
        }
    }

    /// <summary>UTF-16 order differs from code point order only where surrogates meet U+E000 to U+FFFF.</summary>
    public static int OrderByCodePoint(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length) return left.Length.CompareTo(right.Length);
        var (a, b) = (left[common], right[common]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }

    /// <summary>What str.isspace() calls a space: C#'s white space and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary>Python's str().</summary>
    public static string Str(object? value) => value switch
    {
        string text => text,
        Markup markup => markup.Text,
        Undefined => "",
        _ => Repr(value),
    };

    /// <summary>Python's repr().</summary>
    public static string Repr(object? value)
    {
        switch (value)
        {
            case null:
                return "None";
            case bool b:
                return b ? "True" : "False";
            case long l:
                return l.ToString(CultureInfo.InvariantCulture);
            case BigInteger big:
                return big.ToString(CultureInfo.InvariantCulture);
            case double d:
                return Number.Repr(d);
            case Undefined:
                return "Undefined";
            case PyRange { Step: 1 } range:
                return string.Create(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop})");
            case PyRange range:
                return string.Create(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}, {range.Step})");
            case Macro macro:
                return $"<Macro {Repr(macro.Name)}>";
            case Loop loop:
                return string.Create(CultureInfo.InvariantCulture, $"<LoopContext {loop.Index}/{loop.Length}>");
            case Callable:
                return "<built-in function>";
            case Generator:
                return "<generator object>";
            default:
                var into = new StringBuilder();
                AppendRepr(into, value);
                return into.ToString();
        }
    }

    private static void AppendRepr(StringBuilder into, object? value)
    {
        Guard.Depth();
        Guard.Length(into.Length);
        switch (value)
        {
            case string text:
                Quote(into, text);
                break;
            case Markup markup:
                into.Append("Markup(");
                Quote(into, markup.Text);
                into.Append(')');
                break;
            case PyList list:
                AppendItems(into.Append('['), list.Items).Append(']');
                break;
            case PyTuple tuple:
                AppendItems(into.Append('('), tuple.Items).Append(tuple.Count == 1 ? ",)" : ")");
                break;
            case PyDict dict:
                AppendPairs(into, dict);
                break;
            case Namespace space:
                AppendPairs(into.Append("<Namespace "), space.Attributes);
                into.Append('>');
                break;
            case DictView view:
                AppendItems(into.Append(view.TypeName).Append("(["), [.. Iteration.Of(view)]).Append("])");
                break;
            default:
                into.Append(Repr(value));
                break;
        }
    }

    private static StringBuilder AppendItems(StringBuilder into, object?[] items)
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0) into.Append(", ");
            AppendRepr(into, items[i]);
        }

        return into;
    }

    private static void AppendPairs(StringBuilder into, PyDict dict)
    {
        into.Append('{');
        for (var i = 0; i < dict.Count; i++)
        {
            if (i > 0) into.Append(", ");
            AppendRepr(into, dict.KeyAt(i));
            into.Append(": ");
            AppendRepr(into, dict.ValueAt(i));
        }

        into.Append('}');
    }

    private static void Quote(StringBuilder into, string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        into.Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '\\':
                    into.Append("\\\\");
                    break;
                case '\n':
                    into.Append("\\n");
                    break;
                case '\r':
                    into.Append("\\r");
                    break;
                case '\t':
                    into.Append("\\t");
                    break;
                default:
                    if (rune.Value == quote) into.Append('\\').Append(quote);
                    else if (IsPrintable(rune)) into.Append(rune);
                    else into.Append(Escape(rune.Value));
                    break;
            }
        }

        into.Append(quote);
    }

    private static string Escape(int codePoint)
    {
        var (letter, digits) = codePoint < 0x100 ? ('x', "x2") : codePoint < 0x10000 ? ('u', "x4") : ('U', "x8");
        return $"\\{letter}{codePoint.ToString(digits, CultureInfo.InvariantCulture)}";
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
