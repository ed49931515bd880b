using System.Numerics;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>Python's ==, &lt;, in, and truth.</summary>
internal static class Compare
{
    public static bool Truth(object? value) => value switch
    {
        null => false,
        bool b => b,
        string text => text.Length > 0,
        long l => l != 0,
        double d => d != 0,
        BigInteger => true,
        ISequence sequence => sequence.Count > 0,
        PyDict dict => dict.Count > 0,
        DictView view => view.Dict.Count > 0,
        Markup markup => markup.Text.Length > 0,
        Undefined => false,
        Loop loop => loop.Length > 0,
        _ => true,
    };

    public static bool Equal(object? left, object? right)
    {
        if (left is string a && right is string b) return a == b;
        if (ReferenceEquals(left, right)) return left is not double nan || !double.IsNaN(nan);
        if (Number.Is(left)) return Number.Is(right) && NumbersEqual(left!, right!);
        return left switch
        {
            string or Markup => Text.Of(left, out var x) && Text.Of(right, out var y) && x == y,
            PyList list => right is PyList other && ItemsEqual(list.Items, other.Items),
            PyTuple tuple => right is PyTuple other && ItemsEqual(tuple.Items, other.Items),
            PyDict dict => right is PyDict other && DictsEqual(dict, other),
            PyRange range => right is PyRange other && range.Count == other.Count
                && (range.Count == 0 || (range.Start == other.Start && (range.Count == 1 || range.Step == other.Step))),
            Undefined => right is Undefined,
            _ => false,
        };
    }

    /// <summary>Below, equal or above zero; an error where Python cannot order the two.</summary>
    public static int Order(object? left, object? right, string op)
    {
        if (Number.Is(left) && Number.Is(right)) return OrderNumbers(left!, right!);
        if (Text.Of(left, out var a) && Text.Of(right, out var b)) return Text.OrderByCodePoint(a, b);
        if (left is PyList x && right is PyList y) return OrderItems(x.Items, y.Items, op);
        if (left is PyTuple p && right is PyTuple q) return OrderItems(p.Items, q.Items, op);
        if (left is Undefined undefined || (undefined = (right as Undefined)!) is not null) throw undefined.Error();
        throw new TemplateException($"'{op}' not supported between instances of '{TypeName.Of(left)}' and '{TypeName.Of(right)}'");
    }

    /// <summary>&lt;, &lt;=, &gt; or &gt;=; NaN is in no order.</summary>
    public static bool Ordered(object? left, object? right, string op)
    {
        if ((left is double x && double.IsNaN(x) && Number.Is(right)) || (right is double y && double.IsNaN(y) && Number.Is(left))) return false;
        var order = Order(left, right, op);
        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    public static bool Contains(object? container, object? item)
    {
        switch (container)
        {
            case string text:
                return text.Contains(Text.Require(item, "'in <string>' requires string as left operand"), StringComparison.Ordinal);
            case Markup markup:
                return markup.Text.Contains(Text.Require(item, "'in <string>' requires string as left operand"), StringComparison.Ordinal);
            case PyDict dict:
                return dict.TryGet(item, out _);
            default:
                foreach (var other in Iteration.Of(container))
                {
                    if (Equal(item, other)) return true;
                }

                return false;
        }
    }

    private static bool NumbersEqual(object left, object right)
    {
        if (left is long a && right is long b) return a == b;
        if (left is double || right is double) return OrderNumbers(left, right) == 0 && !double.IsNaN(Number.ToDouble(left)) && !double.IsNaN(Number.ToDouble(right));
        return Number.ToBig(left) == Number.ToBig(right);
    }

    private static int OrderNumbers(object left, object right)
    {
        if (left is long a && right is long b) return a.CompareTo(b);
        if (left is double x && right is double y) return x.CompareTo(y);
        if (left is double real) return Whole(real) is { } whole ? whole.CompareTo(Number.ToBig(right)) : real.CompareTo(Number.ToDouble(right));
        if (right is double) return -OrderNumbers(right, left);
        return Number.ToBig(left).CompareTo(Number.ToBig(right));
    }

    private static BigInteger? Whole(double value) => double.IsInteger(value) ? new BigInteger(value) : null;

    private static bool ItemsEqual(object?[] left, object?[] right)
    {
        Guard.Depth();
        if (left.Length != right.Length) return false;
        for (var i = 0; i < left.Length; i++)
        {
            if (!Equal(left[i], right[i])) return false;
        }

        return true;
    }

    private static bool DictsEqual(PyDict left, PyDict right)
    {
        Guard.Depth();
        if (left.Count != right.Count) return false;
        for (var i = 0; i < left.Count; i++)
        {
            if (!right.TryGet(left.KeyAt(i), out var other) || !Equal(left.ValueAt(i), other)) return false;
        }

        return true;
    }

    private static int OrderItems(object?[] left, object?[] right, string op)
    {
        Guard.Depth();
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            if (!Equal(left[i], right[i])) return Order(left[i], right[i], op);
        }

        return left.Length.CompareTo(right.Length);
    }
}
