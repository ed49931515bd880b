using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

internal delegate object? Filter(Rendering rendering, object? value, Arguments arguments);

/// <summary>What may stand behind a bar. Each filter gets its arguments in the order of its parameters.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Filter> All = new(
    [
        .. TextFilters.All,
        .. ListFilters.All,
        .. NumberFilters.All,
        Define("default", (value, a) => value is Undefined || (a.Flag(1) && !Compare.Truth(value)) ? a.Or(0, "") : value, "default_value", "boolean"),
        Define("tojson", ToJson, "ensure_ascii", "indent", "separators", "sort_keys"),
        Define("attr", (value, a) => Attribute(value, a.Text(0)), "name"),
    ]);

    static Filters()
    {
        foreach (var (alias, name) in new[] { ("d", "default"), ("count", "length"), ("e", "escape") }) All[alias] = All[name];
    }

    public static Filter? Find(string name) => All.GetValueOrDefault(name);

    public static KeyValuePair<string, Filter> Define(string name, Func<object?, FilterArguments, object?> body, params string[] parameters) =>
        new(name, (_, value, arguments) => body(value, new FilterArguments(name, arguments.Bind(name, parameters))));

    private static string ToJson(object? value, FilterArguments a)
    {
        var indent = a.Or(1, null);
        var separators = a.Or(2, null) is { } given ? Iteration.Materialize(given) : null;
        if (separators is not null && separators.Length != 2) throw new TemplateException("tojson: separators must be a pair");
        return JsonText.Of(value, new JsonText.Style(
            EnsureAscii: a.Flag(0),
            Indent: indent is null ? null : Text.Of(indent, out var text) ? text : new string(' ', Math.Clamp((int)Number.ToLong(indent), 0, 1000)),
            ItemSeparator: separators is null ? (indent is null ? ", " : ",") : Text.Require(separators[0], "a separator must be a string"),
            KeySeparator: separators is null ? ": " : Text.Require(separators[1], "a separator must be a string"),
            SortKeys: a.Flag(3)));
    }

    /// <summary>The attribute only, never the item of that name.</summary>
    private static object? Attribute(object? value, string name) => value is PyDict && !Methods.IsOnDict(name)
        ? Undefined.Member(value, name)
        : Members.Attribute(value, name);
}

/// <summary>A filter's arguments, one for each of its parameters.</summary>
internal readonly struct FilterArguments(string filter, object?[] values)
{
    public object? this[int index] => ReferenceEquals(values[index], Undefined.Missing)
        ? throw new TemplateException($"the filter '{filter}' needs an argument more")
        : values[index];

    public bool Has(int index) => !ReferenceEquals(values[index], Undefined.Missing);

    public object? Or(int index, object? otherwise) => Has(index) ? values[index] : otherwise;

    public bool Flag(int index) => Has(index) && Compare.Truth(values[index]);

    public string Text(int index) => Values.Text.Require(this[index], $"the filter '{filter}' needs a string");

    public long Whole(int index, long otherwise) => !Has(index) ? otherwise
        : Number.IsInteger(values[index]) ? (long)Number.ToBig(values[index]!)
        : throw Values.Text.TypeError($"the filter '{filter}' needs an integer", values[index]);
}
