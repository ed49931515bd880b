using System.Globalization;
using System.Numerics;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

internal enum Arithmetic
{
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

/// <summary>Python's arithmetic: ints without bound, floor division, floats.</summary>
internal static class Number
{
    private const int MaxBits = 1 << 16;
    private static readonly object[] Small = [.. Enumerable.Range(-1, 1026).Select(i => (object)(long)i)];
    private static readonly object True = true;
    private static readonly object False = false;

    public static object Box(long value) => value is >= -1 and < 1025 ? Small[value + 1] : value;

    public static object Box(bool value) => value ? True : False;

    public static object Box(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? Box((long)value) : value;

    public static bool IsInteger(object? value) => value is long or bool or BigInteger;

    public static bool Is(object? value) => value is long or double or bool or BigInteger;

    public static long ToLong(object? value) => value switch { long l => l, bool b => b ? 1 : 0, _ => throw Text.TypeError("an integer is required", value) };

    public static BigInteger ToBig(object value) => value switch { long l => l, bool b => b ? 1 : 0, _ => (BigInteger)value };

    public static double ToDouble(object value) => value switch { double d => d, long l => l, bool b => b ? 1 : 0, _ => (double)(BigInteger)value };

    /// <summary>Python's arithmetic on two numbers; null when an operand is not a number.</summary>
    public static object? Apply(Arithmetic op, object? left, object? right)
    {
        if (!Is(left) || !Is(right)) return null;
        if (op == Arithmetic.Divide || left is double || right is double) return Real(op, ToDouble(left!), ToDouble(right!));
        return left is BigInteger || right is BigInteger ? Big(op, ToBig(left!), ToBig(right!)) : Whole(op, ToLong(left), ToLong(right));
    }

    private static object Whole(Arithmetic op, long a, long b)
    {
        switch (op)
        {
            case Arithmetic.Add when ((a ^ (a + b)) & (b ^ (a + b))) >= 0:
                return Box(a + b);
            case Arithmetic.Subtract when ((a ^ b) & (a ^ (a - b))) >= 0:
                return Box(a - b);
            case Arithmetic.Multiply when Math.BigMul(a, b, out var low) == low >> 63:
                return Box(low);
            case Arithmetic.FloorDivide when b is not (0 or -1):
                return Box((a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
            case Arithmetic.Modulo when b is not (0 or -1):
                var rest = a % b;
                return Box(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
            default:
                return Big(op, a, b);
        }
    }

    private static object Big(Arithmetic op, BigInteger a, BigInteger b)
    {
        switch (op)
        {
            case Arithmetic.Add:
                return Box(a + b);
            case Arithmetic.Subtract:
                return Box(a - b);
            case Arithmetic.Multiply:
                if (a.GetBitLength() + b.GetBitLength() > MaxBits) throw new TemplateException("the result of * is too large");
                return Box(a * b);
            case Arithmetic.Power:
                return b < 0 ? Real(op, (double)a, (double)b) : Power(a, b);
            default:
                if (b.IsZero) throw new TemplateException("integer division or modulo by zero");
                var quotient = BigInteger.DivRem(a, b, out var rest);
                if (!rest.IsZero && rest.Sign != b.Sign) (quotient, rest) = (quotient - 1, rest + b);
                return Box(op == Arithmetic.FloorDivide ? quotient : rest);
        }
    }

    private static object Power(BigInteger a, BigInteger b)
    {
        if (a.IsZero || a.IsOne) return Box(b.IsZero ? 1 : a);
        if (b * Math.Max(1, (long)a.GetBitLength()) > MaxBits) throw new TemplateException("the result of ** is too large");
        return Box(BigInteger.Pow(a, (int)b));
    }

    private static double Real(Arithmetic op, double a, double b)
    {
        switch (op)
        {
            case Arithmetic.Add:
                return a + b;
            case Arithmetic.Subtract:
                return a - b;
            case Arithmetic.Multiply:
                return a * b;
            case Arithmetic.Power:
                if (a == 0 && b < 0) throw new TemplateException("0.0 cannot be raised to a negative power");
                var power = Math.Pow(a, b);
                return double.IsNaN(power) && a < 0 ? throw new TemplateException("complex numbers are not supported") : power;
        }

        if (b == 0) throw new TemplateException("float division by zero");
        if (op == Arithmetic.Divide) return a / b;
        var rest = a % b;
        if (rest == 0) rest = Math.CopySign(0, b);
        else if (rest < 0 != b < 0) rest += b;
        return op == Arithmetic.Modulo ? rest : FloorOf((a - rest) / b, a / b);
    }

    /// <summary>CPython's float floor division: <paramref name="quotient"/> is whole up to rounding.</summary>
    private static double FloorOf(double quotient, double exact)
    {
        if (quotient == 0) return Math.CopySign(0, exact);
        var floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    /// <summary>Python's repr of a float: the shortest digits that round-trip, an exponent below 1e-4 and from 1e16.</summary>
    public static string Repr(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var sign = shortest.StartsWith('-') ? "-" : "";
        var body = shortest[sign.Length..];
        var e = body.IndexOf('E', StringComparison.Ordinal);
        var exponent = e < 0 ? 0 : int.Parse(body.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? body : body[..e];
        var dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        var point = (dot < 0 ? mantissa.Length : dot) + exponent;
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        if (digits.Length == 0) return sign + "0.0";
        point -= leading;

        if (point is > 16 or < -3)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(point > 0 ? '+' : '-')}{Math.Abs(point - 1):00}");
        }

        if (point <= 0) return $"{sign}0.{new string('0', -point)}{digits}";
        if (point >= digits.Length) return $"{sign}{digits}{new string('0', point - digits.Length)}.0";
        return $"{sign}{digits[..point]}.{digits[point..]}";
    }

    /// <summary>Python's round of a float: the exact value, halves to even.</summary>
    public static double Round(double value, int places)
    {
        if (!double.IsFinite(value) || places > 300) return value;
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFFL;
        if (exponent == 0) exponent++;
        else mantissa |= 1L << 52;
        exponent -= 1075;

        BigInteger numerator = mantissa;
        BigInteger denominator = 1;
        if (exponent > 0) numerator <<= exponent;
        else denominator <<= -exponent;
        if (places > 0) numerator *= BigInteger.Pow(10, places);
        else denominator *= BigInteger.Pow(10, Math.Min(-places, 400));
        var quotient = BigInteger.DivRem(numerator, denominator, out var rest);
        var half = (rest * 2).CompareTo(denominator);
        if (half > 0 || (half == 0 && !quotient.IsEven)) quotient++;
        var rounded = double.Parse(string.Create(CultureInfo.InvariantCulture, $"{quotient}E{-places}"), CultureInfo.InvariantCulture);
        return value < 0 ? -rounded : rounded;
    }
}
