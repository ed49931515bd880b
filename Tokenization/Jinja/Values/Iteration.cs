using System.Collections;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>Python's iter() and len().</summary>
internal static class Iteration
{
    /// <summary>The items of <paramref name="value"/>; an error, at once, when it is not iterable.</summary>
    public static IEnumerable<object?> Of(object? value) => value switch
    {
        PyList list => list.Items,
        PyTuple tuple => tuple.Items,
        string text => Text.CodePoints(text),
        Markup markup => Text.CodePoints(markup.Text),
        PyDict dict => Counted(dict.Count, dict.KeyAt),
        DictView view => Counted(view.Dict.Count, view.At),
        ISequence sequence => Counted(sequence.Count, sequence.At),
        Generator generator => generator,
        Undefined => [],
        _ => throw new TemplateException($"'{TypeName.Of(value)}' object is not iterable"),
    };

    public static bool IsIterable(object? value) =>
        value is PyList or PyTuple or string or Markup or PyDict or DictView or ISequence or Generator or Undefined;

    /// <summary>Python's len(); null where the value has none.</summary>
    public static int? SizeOf(object? value) => value switch
    {
        string text => Text.Length(text),
        Markup markup => Text.Length(markup.Text),
        ISequence sequence => sequence.Count,
        PyDict dict => dict.Count,
        DictView view => view.Dict.Count,
        Loop loop => loop.Length,
        Undefined => 0,
        _ => null,
    };

    public static int Length(object? value) => SizeOf(value) ?? throw new TemplateException($"object of type '{TypeName.Of(value)}' has no len()");

    /// <summary>The items as an array that nobody else holds, unless it is a list's or a tuple's own.</summary>
    public static object?[] Materialize(object? value) => value switch
    {
        PyList list => list.Items,
        PyTuple tuple => tuple.Items,
        _ => [.. Of(value)],
    };

    private static Items Counted(int count, Func<int, object?> at) => new(count, at);

    private sealed class Items(int count, Func<int, object?> at) : IEnumerable<object?>
    {
        public IEnumerator<object?> GetEnumerator()
        {
            for (var i = 0; i < count; i++) yield return at(i);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
