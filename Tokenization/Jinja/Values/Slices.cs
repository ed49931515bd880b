using System.Numerics;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>Python's value[start:stop:step].</summary>
internal static class Slices
{
    public static object Of(object? value, object? start, object? stop, object? step)
    {
        switch (value)
        {
            case PyList list:
                return new PyList(Take(list.Items, start, stop, step));
            case PyTuple tuple:
                return new PyTuple(Take(tuple.Items, start, stop, step));
            case string text:
                return Take(text, start, stop, step);
            case Markup markup:
                return new Markup(Take(markup.Text, start, stop, step));
            case PyRange range:
                return new PyList(Take([.. Iteration.Of(range)], start, stop, step));
            case Undefined undefined:
                throw undefined.Error();
            default:
                throw new TemplateException($"'{TypeName.Of(value)}' object cannot be sliced");
        }
    }

    private static string Take(string text, object? start, object? stop, object? step)
    {
        if (Text.HasSurrogates(text)) return string.Concat(Take([.. Text.CodePoints(text)], start, stop, step));
        var (from, to, by) = Bounds(text.Length, start, stop, step);
        if (by == 1) return from < to ? text[from..to] : "";
        return string.Concat(Indices(from, to, by).Select(i => text[i]));
    }

    private static object?[] Take(object?[] items, object? start, object? stop, object? step)
    {
        var (from, to, by) = Bounds(items.Length, start, stop, step);
        if (by == 1) return from < to ? items[from..to] : [];
        return [.. Indices(from, to, by).Select(i => items[i])];
    }

    private static IEnumerable<int> Indices(int from, int to, int by)
    {
        for (long i = from; by > 0 ? i < to : i > to; i += by) yield return (int)i;
    }

    private static (int From, int To, int By) Bounds(int length, object? start, object? stop, object? step)
    {
        var by = step is null ? 1 : Index(step, int.MinValue + 1, int.MaxValue);
        if (by == 0) throw new TemplateException("slice step cannot be zero");
        var (lowest, highest) = by > 0 ? (0, length) : (-1, length - 1);
        var from = start is null ? (by > 0 ? lowest : highest) : Clamp(start, length, lowest, highest);
        var to = stop is null ? (by > 0 ? highest : lowest) : Clamp(stop, length, lowest, highest);
        return (from, to, by);
    }

    private static int Clamp(object index, int length, int lowest, int highest)
    {
        var at = Index(index, int.MinValue / 2, int.MaxValue / 2);
        return Math.Clamp(at < 0 ? at + length : at, lowest, highest);
    }

    private static int Index(object index, int least, int most)
    {
        if (!Number.IsInteger(index)) throw Text.TypeError("slice indices must be integers or None", index);
        return (int)BigInteger.Min(most, BigInteger.Max(least, Number.ToBig(index)));
    }
}
