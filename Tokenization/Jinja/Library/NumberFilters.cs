using System.Globalization;
using System.Numerics;
using OrleansKvRouter.Tokenization.Jinja.Values;
using static OrleansKvRouter.Tokenization.Jinja.Library.Filters;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>Filters that make numbers.</summary>
internal static class NumberFilters
{
    public static readonly KeyValuePair<string, Filter>[] All =
    [
        Define("int", (value, a) => Int(value, a.Or(0, 0L), a.Whole(1, 10)), "default", "base"),
        Define("float", (value, a) => Float(value) ?? a.Or(0, 0.0), "default"),
        Define("abs", (value, _) => Abs(value)),
        Define("round", Round, "precision", "method"),
    ];

    private static object? Int(object? value, object? otherwise, long radix)
    {
        if (value is Undefined undefined) throw undefined.Error();
        if (Text.Of(value, out var text) && (radix == 10 ? Whole(text) : InRadix(text, radix)) is { } whole) return Number.Box(whole);
        if (value is not null && Number.IsInteger(value)) return Number.Box(Number.ToBig(value));
        if (Float(value) is not { } real || double.IsNaN(real)) return otherwise;
        // int(float("inf")) raises what Jinja does not catch.
        return double.IsInfinity(real) ? throw new TemplateException("cannot convert float infinity to integer") : Number.Box(new BigInteger(real));
    }

    private static BigInteger? Whole(string text)
    {
        var digits = Stripped(text);
        return digits is not null && digits.Length < 4300 && BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;
    }

    private static BigInteger? InRadix(string text, long radix)
    {
        var digits = Stripped(text)?.ToLowerInvariant();
        if (digits is null || radix is < 2 or > 36) return null;
        var negative = digits.StartsWith('-');
        digits = digits.TrimStart('-', '+');
        var prefix = radix switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => null };
        if (prefix is not null && digits.StartsWith(prefix, StringComparison.Ordinal)) digits = digits[2..];
        if (digits.Length is 0 or > 4300) return null;
        var value = BigInteger.Zero;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetterLower(c) ? c - 'a' + 10 : 99;
            if (digit >= radix) return null;
            value = (value * radix) + digit;
        }

        return negative ? -value : value;
    }

    /// <summary>Python's float(); null where it raises.</summary>
    private static double? Float(object? value)
    {
        if (value is Undefined undefined) throw undefined.Error();
        if (value is not null && Number.Is(value)) return Number.ToDouble(value);
        if (!Text.Of(value, out var text) || Stripped(text) is not { } number) return null;
        if (double.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var real)
            && !number.Contains('∞', StringComparison.Ordinal)) return real;
        return number.TrimStart('+', '-').ToUpperInvariant() is "INF" or "INFINITY" ? (number[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity) : null;
    }

    /// <summary>Without white space around and single underscores between digits; null where an underscore stands elsewhere.</summary>
    private static string? Stripped(string text)
    {
        var number = TextMethods.Strip(text, null, left: true, right: true);
        for (var i = 0; i < number.Length; i++)
        {
            if (number[i] == '_' && (i == 0 || i + 1 == number.Length || !char.IsAsciiLetterOrDigit(number[i - 1]) || !char.IsAsciiLetterOrDigit(number[i + 1]))) return null;
        }

        return number.Replace("_", "", StringComparison.Ordinal);
    }

    private static object Abs(object? value)
    {
        if (!Number.Is(value)) throw Operations.BadOperand(value, "abs()");
        return value is double real ? Math.Abs(real) : Number.Box(BigInteger.Abs(Number.ToBig(value!)));
    }

    private static object Round(object? value, FilterArguments a)
    {
        if (!Number.Is(value)) throw Operations.BadOperand(value, "round()");
        var places = (int)Math.Clamp(a.Whole(0, 0), -400, 400);
        var method = a.Has(1) ? a.Text(1) : "common";
        switch (method)
        {
            case "common" when value is double real:
                return Number.Round(real, places);
            case "common":
                return places >= 0 ? Number.Box(Number.ToBig(value!)) : RoundWhole(Number.ToBig(value!), BigInteger.Pow(10, -places));
            case "ceil" or "floor":
                var scale = Math.Pow(10, places);
                var scaled = Number.ToDouble(value!) * scale;
                return (method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale;
            default:
                throw new TemplateException("method must be common, ceil or floor");
        }
    }

    private static object RoundWhole(BigInteger value, BigInteger unit)
    {
        var quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out var rest);
        var half = (rest * 2).CompareTo(unit);
        if (half > 0 || (half == 0 && !quotient.IsEven)) quotient++;
        return Number.Box(quotient * unit * value.Sign);
    }
}
