using System.Globalization;
using System.Numerics;
using System.Text;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Syntax;

/// <summary>Numbers and strings as Jinja writes them, which is as Python writes them.</summary>
internal static class Literals
{
    /// <summary>The number that starts with the digit at <paramref name="at"/>, and how long it is.</summary>
    public static (object Value, int Length) NumberAt(string source, int at)
    {
        // As Jinja's lexer does, a float first; not behind a dot, where "x.1.2" means two indices.
        if ((at == 0 || source[at - 1] != '.') && FloatLength(source, at) is > 0 and var length)
        {
            return (double.Parse(Digits(source, at, length), NumberStyles.Float, CultureInfo.InvariantCulture), length);
        }

        if (source[at] == '0' && at + 2 < source.Length)
        {
            var (radix, digits) = char.ToLowerInvariant(source[at + 1]) switch { 'x' => (16, "0123456789abcdef"), 'o' => (8, "01234567"), 'b' => (2, "01"), _ => (0, "") };
            var end = radix == 0 ? at : Run(source, at + 2, c => digits.Contains(char.ToLowerInvariant(c), StringComparison.Ordinal), leadingUnderscore: true);
            if (end > at + 2) return (Parse(Digits(source, at + 2, end - at - 2), radix), end - at);
        }

        var stop = source[at] == '0' ? Run(source, at, c => c == '0', false) : Run(source, at, char.IsAsciiDigit, false);
        return (Parse(Digits(source, at, stop - at), 10), stop - at);
    }

    /// <summary>The string that the quote at <paramref name="at"/> opens, and how long it is with its quotes.</summary>
    public static (string Value, int Length) StringAt(string source, int at, int line)
    {
        var quote = source[at];
        var text = new StringBuilder();
        for (var i = at + 1; i < source.Length; i++)
        {
            if (source[i] == quote) return (string.Intern(text.ToString()), i + 1 - at);
            if (source[i] != '\\') text.Append(source[i]);
            else i += Escape(source, i + 1, text, line);
        }

        throw new TemplateException($"a string that starts with {quote} has no end", line);
    }

    /// <summary>Appends what the escape behind a backslash stands for; how many characters it took.</summary>
    private static int Escape(string source, int at, StringBuilder into, int line)
    {
        if (at >= source.Length) return 0;
        switch (source[at])
        {
            case '\n':
                return 1;
            case 'x':
                return Hex(source, at, 2, into, line);
            case 'u':
                return Hex(source, at, 4, into, line);
            case 'U':
                return Hex(source, at, 8, into, line);
            case 'N':
                throw new TemplateException("\\N{…} in a string is not supported", line);
            case >= '0' and <= '7':
                var end = Math.Min(at + 3, source.Length);
                var stop = at;
                var value = 0;
                while (stop < end && source[stop] is >= '0' and <= '7') value = (value * 8) + source[stop++] - '0';
                into.Append((char)value);
                return stop - at;
            default:
                var plain = "\\'\"abfnrtv".IndexOf(source[at], StringComparison.Ordinal);
                if (plain < 0) into.Append('\\').Append(source[at]);
                else into.Append("\\'\"\a\b\f\n\r\t\v"[plain]);
                return 1;
        }
    }

    private static int Hex(string source, int at, int digits, StringBuilder into, int line)
    {
        if (at + digits >= source.Length || !uint.TryParse(source.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw new TemplateException($"truncated \\{source[at]} escape", line);
        }

        if (value > 0x10FFFF) throw new TemplateException("illegal Unicode character", line);
        if (value > 0xFFFF) into.Append(new Rune(value));
        else into.Append((char)value);
        return digits + 1;
    }

    private static int FloatLength(string source, int at)
    {
        var end = Run(source, at, char.IsAsciiDigit, false);
        var whole = end;
        if (end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1])) end = Run(source, end + 1, char.IsAsciiDigit, false);
        var exponent = end;
        if (exponent < source.Length && source[exponent] is 'e' or 'E')
        {
            exponent++;
            if (exponent < source.Length && source[exponent] is '+' or '-') exponent++;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent])) end = Run(source, exponent, char.IsAsciiDigit, false);
        }

        return end == whole ? 0 : end - at;
    }

    /// <summary>End of a run of digits in which single underscores may stand between digits.</summary>
    private static int Run(string source, int at, Func<char, bool> isDigit, bool leadingUnderscore)
    {
        var end = at;
        while (end < source.Length)
        {
            if (isDigit(source[end])) end++;
            else if (source[end] == '_' && (end > at || leadingUnderscore) && end + 1 < source.Length && isDigit(source[end + 1])) end += 2;
            else break;
        }

        return end;
    }

    private static string Digits(string source, int at, int length) => source.Substring(at, length).Replace("_", "", StringComparison.Ordinal);

    private static object Parse(string digits, int radix)
    {
        var value = BigInteger.Zero;
        foreach (var digit in digits) value = (value * radix) + (char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
        return Number.Box(value);
    }
}
