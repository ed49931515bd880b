using System.Collections;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/*
 * How Python's values are held: None is null; bool, long, BigInteger and double are boxed; a str is a string;
 * the rest are the classes of this folder. A value never changes once a template can see it, except namespaces and loops.
 */

/// <summary>What can be indexed by position.</summary>
internal interface ISequence
{
    int Count { get; }

    object? At(int index);
}

internal sealed class PyList(object?[] items) : ISequence
{
    public static readonly PyList Empty = new([]);

    public object?[] Items => items;

    public int Count => items.Length;

    public object? At(int index) => items[index];
}

internal sealed class PyTuple(params object?[] items) : ISequence
{
    public object?[] Items => items;

    public int Count => items.Length;

    public object? At(int index) => items[index];
}

/// <summary>Python's range.</summary>
internal sealed class PyRange(long start, long stop, long step) : ISequence
{
    public long Start => start;

    public long Stop => stop;

    public long Step => step;

    public int Count { get; } = (int)Math.Clamp(step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step, 0, int.MaxValue);

    public object? At(int index) => Number.Box(start + (index * step));
}

/// <summary>A generator: it can be walked once.</summary>
internal sealed class Generator(IEnumerator<object?> items) : IEnumerable<object?>
{
    public Generator(IEnumerable<object?> items)
        : this(items.GetEnumerator())
    {
    }

    public IEnumerator<object?> GetEnumerator() => items;

    IEnumerator IEnumerable.GetEnumerator() => items;
}

/// <summary>A string marked as safe by <c>safe</c> or <c>escape</c>: adding a plain string to it escapes that string.</summary>
internal sealed record Markup(string Text)
{
    public static string Escape(string text) => text.AsSpan().IndexOfAny("&<>'\"") < 0
        ? text
        : text.Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal)
            .Replace("\"", "&#34;", StringComparison.Ordinal);
}

/// <summary>What <c>namespace()</c> makes: the only value that a template can change.</summary>
internal sealed class Namespace
{
    public PyDict Attributes { get; } = new();
}
