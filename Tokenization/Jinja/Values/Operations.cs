using System.Globalization;
using System.Text;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>Python's binary operators on every type.</summary>
internal static class Operations
{
    public static object? Apply(Arithmetic op, object? left, object? right)
    {
        if (Number.Apply(op, left, right) is { } number) return number;
        if (left is Undefined undefined || (undefined = (right as Undefined)!) is not null) throw undefined.Error();
        return op switch
        {
            Arithmetic.Add => Add(left, right),
            Arithmetic.Multiply when Number.IsInteger(right) => Repeat(left, right!) ?? throw Unsupported(op, left, right),
            Arithmetic.Multiply when Number.IsInteger(left) => Repeat(right, left!) ?? throw Unsupported(op, left, right),
            Arithmetic.Modulo when Text.Of(left, out var format) => PercentFormat.Apply(format, right),
            _ => throw Unsupported(op, left, right),
        };
    }

    public static TemplateException BadOperand(object? value, string op) =>
        value is Undefined undefined ? undefined.Error() : new TemplateException($"bad operand type for {op}: '{TypeName.Of(value)}'");

    private static object Add(object? left, object? right)
    {
        switch (left, right)
        {
            case (string a, string b):
                Guard.Length((long)a.Length + b.Length);
                return a + b;
            case (Markup a, Markup b):
                return new Markup(a.Text + b.Text);
            case (Markup a, string b):
                return new Markup(a.Text + Markup.Escape(b));
            case (string a, Markup b):
                return new Markup(Markup.Escape(a) + b.Text);
            case (PyList a, PyList b):
                Guard.Length((long)a.Count + b.Count);
                return new PyList([.. a.Items, .. b.Items]);
            case (PyTuple a, PyTuple b):
                Guard.Length((long)a.Count + b.Count);
                return new PyTuple([.. a.Items, .. b.Items]);
            default:
                throw Unsupported(Arithmetic.Add, left, right);
        }
    }

    private static object? Repeat(object? value, object times)
    {
        var count = (int)System.Numerics.BigInteger.Max(0, System.Numerics.BigInteger.Min(Number.ToBig(times), Guard.MaxText + 1));
        switch (value)
        {
            case string or Markup:
                var text = Text.Str(value);
                Guard.Length((long)text.Length * count);
                var repeated = string.Create(text.Length * count, text, static (into, text) =>
                {
                    for (var rest = into; rest.Length > 0; rest = rest[text.Length..]) text.CopyTo(rest);
                });
                return value is Markup ? new Markup(repeated) : repeated;
            case PyList list:
                return new PyList(Repeat(list.Items, count));
            case PyTuple tuple:
                return new PyTuple(Repeat(tuple.Items, count));
            default:
                return null;
        }
    }

    private static object?[] Repeat(object?[] items, int count)
    {
        Guard.Length((long)items.Length * count * 8);
        var all = new object?[items.Length * count];
        for (var i = 0; i < count; i++) items.CopyTo(all, i * items.Length);
        return all;
    }

    private static TemplateException Unsupported(Arithmetic op, object? left, object? right)
    {
        var sign = op switch
        {
            Arithmetic.Add => "+",
            Arithmetic.Subtract => "-",
            Arithmetic.Multiply => "*",
            Arithmetic.Divide => "/",
            Arithmetic.FloorDivide => "//",
            Arithmetic.Modulo => "%",
            _ => "**",
        };
        return new TemplateException($"unsupported operand types for {sign}: '{TypeName.Of(left)}' and '{TypeName.Of(right)}'");
    }
}

/// <summary>The % operator on a string: %s, %r, %d, %i, %f, %x, %o, %c, %%, with names, flags, width and precision.</summary>
internal static class PercentFormat
{
    public static string Apply(string format, object? values)
    {
        var into = new StringBuilder();
        var items = values is PyTuple tuple ? tuple.Items : [values];
        var used = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                into.Append(format[i]);
                continue;
            }

            if (++i < format.Length && format[i] == '%')
            {
                into.Append('%');
                continue;
            }

            object? value = Undefined.Missing;
            if (i < format.Length && format[i] == '(')
            {
                var close = format.IndexOf(')', i);
                if (close < 0) throw new TemplateException("incomplete format key");
                if (values is not PyDict dict) throw new TemplateException("format requires a mapping");
                if (!dict.TryGet(format[(i + 1)..close], out value)) throw new TemplateException($"the format's key '{format[(i + 1)..close]}' is missing");
                (i, used) = (close + 1, items.Length);
            }

            var spec = Spec.Parse(format, ref i);
            if (ReferenceEquals(value, Undefined.Missing)) value = used < items.Length ? items[used++] : throw new TemplateException("not enough arguments for format string");
            into.Append(spec.Format(value));
            Guard.Length(into.Length);
        }

        if (used < items.Length && values is not PyDict) throw new TemplateException("not all arguments converted during string formatting");
        return into.ToString();
    }

    private readonly record struct Spec(string Flags, int Width, int Precision, char Kind)
    {
        public static Spec Parse(string format, ref int at)
        {
            var start = at;
            while (at < format.Length && "-+ 0#".Contains(format[at], StringComparison.Ordinal)) at++;
            var flags = format[start..at];
            var width = Digits(format, ref at) ?? 0;
            var precision = -1;
            if (at < format.Length && format[at] == '.')
            {
                at++;
                precision = Digits(format, ref at) ?? 0;
            }

            return at < format.Length ? new Spec(flags, width, precision, format[at]) : throw new TemplateException("incomplete format");
        }

        public string Format(object? value)
        {
            var text = Kind switch
            {
                's' => Cut(Text.Str(value)),
                'r' => Cut(Text.Repr(value)),
                'd' or 'i' or 'u' => Signed(Whole(value).ToString(CultureInfo.InvariantCulture)),
                'f' or 'F' => Signed(Real(value).ToString("F" + (Precision < 0 ? 6 : Precision), CultureInfo.InvariantCulture)),
                'c' when Text.Of(value, out var character) && Text.Length(character) == 1 => character,
                _ => throw new TemplateException($"the format %{Kind} is not supported"),
            };
            if (Flags.Contains('-', StringComparison.Ordinal)) return text.PadRight(Width);
            if (!Flags.Contains('0', StringComparison.Ordinal) || Kind is 's' or 'r' or 'c') return text.PadLeft(Width);
            var sign = text.Length > 0 && text[0] is '-' or '+' or ' ' ? text[..1] : "";
            return sign + text[sign.Length..].PadLeft(Width - sign.Length, '0');
        }

        private string Cut(string text) => Precision >= 0 && Precision < text.Length ? text[..Precision] : text;

        private string Signed(string number) => number.StartsWith('-') ? number
            : Flags.Contains('+', StringComparison.Ordinal) ? "+" + number
            : Flags.Contains(' ', StringComparison.Ordinal) ? " " + number
            : number;

        private static System.Numerics.BigInteger Whole(object? value) => value switch
        {
            double real when double.IsFinite(real) => new System.Numerics.BigInteger(real),
            not null when Number.IsInteger(value) => Number.ToBig(value),
            _ => throw new TemplateException($"%d format: a real number is required, not {TypeName.Of(value)}"),
        };

        private static double Real(object? value) => value is not null && Number.Is(value) ? Number.ToDouble(value) : throw new TemplateException($"must be real number, not {TypeName.Of(value)}");

        private static int? Digits(string format, ref int at)
        {
            var start = at;
            while (at < format.Length && char.IsAsciiDigit(format[at])) at++;
            if (at == start) return null;
            return int.TryParse(format.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 10_000
                ? number
                : throw new TemplateException("a width or precision is too large");
        }
    }
}
