using OrleansKvRouter.Tokenization.Jinja.Values;
using static OrleansKvRouter.Tokenization.Jinja.Library.Filters;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>Filters on what can be iterated.</summary>
internal static class ListFilters
{
    public static readonly KeyValuePair<string, Filter>[] All =
    [
        Define("length", (value, _) => Number.Box(Iteration.Length(value))),
        Define("list", (value, _) => new PyList([.. Iteration.Of(value)])),
        Define("first", (value, _) => First(Iteration.Of(value), "first")),
        Define("last", (value, _) => First(Reversed(value), "last")),
        Define("reverse", (value, _) => Text.Of(value, out var text) ? Slices.Of(text, null, null, -1L) : Reverse(value)),
        Define("join", Join, "d", "attribute"),
        Define("items", (value, _) => Items(value)),
        Define("dictsort", DictSort, "case_sensitive", "by", "reverse"),
        Define("sort", (value, a) => new PyList(Sorting.Sorted(Iteration.Of(value), Key(a.Or(2, null), !a.Flag(1)), a.Flag(0))), "reverse", "case_sensitive", "attribute"),
        Define("unique", (value, a) => Unique(value, Key(a.Or(1, null), !a.Flag(0))), "case_sensitive", "attribute"),
        Define("min", (value, a) => Extreme(value, a, -1), "case_sensitive", "attribute"),
        Define("max", (value, a) => Extreme(value, a, 1), "case_sensitive", "attribute"),
        Define("sum", Sum, "attribute", "start"),
        Define("groupby", GroupBy, "attribute", "default", "case_sensitive"),
        Define("batch", (value, a) => Batch(value, a.Whole(0, 1), a.Or(1, null)), "linecount", "fill_with"),
        Define("slice", Slice, "slices", "fill_with"),
        new("map", Map),
        new("select", (rendering, value, a) => Select(rendering, value, a, byAttribute: false, keep: true)),
        new("reject", (rendering, value, a) => Select(rendering, value, a, byAttribute: false, keep: false)),
        new("selectattr", (rendering, value, a) => Select(rendering, value, a, byAttribute: true, keep: true)),
        new("rejectattr", (rendering, value, a) => Select(rendering, value, a, byAttribute: true, keep: false)),
    ];

    private static object? First(IEnumerable<object?> items, string which)
    {
        foreach (var item in items) return item;
        return Undefined.Because($"no {which} item, sequence was empty");
    }

    private static IEnumerable<object?> Reversed(object? value) => value is Generator
        ? throw new TemplateException("'generator' object is not reversible")
        : Iteration.Of(value).Reverse();

    private static object Reverse(object? value) =>
        value is Generator ? new PyList([.. Iteration.Of(value).Reverse()]) : new Generator(Reversed(value));

    private static string Join(object? value, FilterArguments a)
    {
        var separator = Text.Str(a.Or(0, ""));
        var key = a.Or(1, null) is { } attribute ? Attributes.Getter(attribute) : item => item;
        List<string> texts = [.. Iteration.Of(value).Select(item => Text.Str(key(item)))];
        Guard.Length(texts.Sum(text => (long)text.Length + separator.Length));
        return string.Join(separator, texts);
    }

    private static Generator Items(object? value) => value switch
    {
        Undefined => new Generator([]),
        PyDict dict => new Generator(Iteration.Of(new DictView(dict, DictView.Part.Items))),
        _ => throw new TemplateException("can only get item pairs from a mapping"),
    };

    private static PyList DictSort(object? value, FilterArguments a)
    {
        if (value is not PyDict dict) throw value is Undefined undefined ? undefined.Error() : new TemplateException($"'{TypeName.Of(value)}' object has no attribute 'items'");
        var by = (a.Has(1) ? a.Text(1) : "key") switch { "key" => 0, "value" => 1, _ => throw new TemplateException("you can only sort by either \"key\" or \"value\"") };
        var folded = !a.Flag(0);
        return new PyList(Sorting.Sorted(Iteration.Of(new DictView(dict, DictView.Part.Items)), pair => Fold(((PyTuple)pair!).At(by), folded), a.Flag(2)));
    }

    private static Generator Unique(object? value, Func<object?, object?> key)
    {
        var seen = new PyDict();
        return new Generator(Iteration.Of(value).Where(item =>
        {
            var k = key(item);
            if (seen.TryGet(k, out _)) return false;
            seen.Set(k, null);
            return true;
        }));
    }

    private static object? Extreme(object? value, FilterArguments a, int sign)
    {
        var key = Key(a.Or(1, null), !a.Flag(0));
        object? best = Undefined.Missing;
        object? bestKey = null;
        foreach (var item in Iteration.Of(value))
        {
            var k = key(item);
            if (!ReferenceEquals(best, Undefined.Missing) && Compare.Order(k, bestKey, "<") * sign <= 0) continue;
            (best, bestKey) = (item, k);
        }

        return ReferenceEquals(best, Undefined.Missing) ? Undefined.Because("no aggregated item, sequence was empty") : best;
    }

    private static object? Sum(object? value, FilterArguments a)
    {
        var key = a.Or(0, null) is { } attribute ? Attributes.Getter(attribute) : item => item;
        return Iteration.Of(value).Aggregate(a.Or(1, 0L), (sum, item) => Operations.Apply(Arithmetic.Add, sum, key(item)));
    }

    private static PyList GroupBy(object? value, FilterArguments a)
    {
        var get = Attributes.Getter(a[0], a.Or(1, null));
        var folded = !a.Flag(2);
        object? Key(object? item) => Fold(get(item), folded);
        var groups = new List<object?>();
        foreach (var item in Sorting.Sorted(Iteration.Of(value), Key, reverse: false))
        {
            if (groups.Count > 0 && groups[^1] is PyTuple { Items: [_, PyList members] } && Compare.Equal(Key(members.Items[0]), Key(item)))
            {
                groups[^1] = new PyTuple(((PyTuple)groups[^1]!).At(0), new PyList([.. members.Items, item]));
            }
            else
            {
                groups.Add(new PyTuple(get(item), new PyList([item])));
            }
        }

        return new PyList([.. groups]);
    }

    private static Generator Batch(object? value, long size, object? filler)
    {
        if (size is < 1 or > Guard.MaxSteps) throw new TemplateException("batch: the size must be positive");
        return new Generator(Iteration.Of(value).Chunk((int)size).Select(chunk =>
            (object?)new PyList(filler is null ? chunk : [.. chunk, .. Enumerable.Repeat(filler, (int)size - chunk.Length)])));
    }

    private static Generator Slice(object? value, FilterArguments a)
    {
        var slices = a.Whole(0, 1);
        if (slices is < 1 or > Guard.MaxSteps) throw new TemplateException("slice: the number of slices must be positive");
        var (items, filler) = (Iteration.Materialize(value), a.Or(1, null));
        var (each, longer) = Math.DivRem(items.Length, (int)slices);
        return new Generator(Enumerable.Range(0, (int)slices).Select(i =>
        {
            var from = (i * each) + Math.Min(i, longer);
            object?[] part = items[from..(from + each + (i < longer ? 1 : 0))];
            return (object?)new PyList(filler is not null && i >= longer ? [.. part, filler] : part);
        }));
    }

    private static Generator Map(Rendering rendering, object? value, Arguments arguments)
    {
        Func<object?, object?> apply;
        if (arguments.Positional.Length == 0)
        {
            var bound = arguments.Bind("map", "attribute", "default");
            if (ReferenceEquals(bound[0], Undefined.Missing)) throw new TemplateException("map requires a filter argument");
            apply = Attributes.Getter(bound[0], ReferenceEquals(bound[1], Undefined.Missing) ? null : bound[1]);
        }
        else
        {
            var name = Text.Str(arguments.Positional[0]);
            var filter = Find(name) ?? throw new TemplateException($"no filter named '{name}'");
            var rest = new Arguments(arguments.Positional[1..], arguments.Named);
            apply = item => filter(rendering, item, rest);
        }

        return new Generator(Counted(rendering, Compare.Truth(value) ? Iteration.Of(value) : []).Select(apply));
    }

    private static Generator Select(Rendering rendering, object? value, Arguments arguments, bool byAttribute, bool keep)
    {
        var given = arguments.Positional;
        var skip = byAttribute ? 1 : 0;
        if (given.Length < skip) throw new TemplateException("missing parameter for attribute name");
        var get = byAttribute ? Attributes.Getter(given[0]) : item => item;
        Func<object?, bool> test = Compare.Truth;
        if (given.Length > skip)
        {
            var name = Text.Str(given[skip]);
            var found = Tests.Find(name) ?? throw new TemplateException($"no test named '{name}'");
            var rest = new Arguments(given[(skip + 1)..], arguments.Named);
            test = item => found(item, rest);
        }

        return new Generator(Counted(rendering, Compare.Truth(value) ? Iteration.Of(value) : []).Where(item => test(get(item)) == keep));
    }

    private static IEnumerable<object?> Counted(Rendering rendering, IEnumerable<object?> items)
    {
        foreach (var item in items)
        {
            rendering.Step();
            yield return item;
        }
    }

    private static Func<object?, object?> Key(object? attribute, bool folded)
    {
        var get = attribute is null ? item => item : Attributes.MultiGetter(attribute);
        return item => get(item) is PyList many ? new PyList(Array.ConvertAll(many.Items, part => Fold(part, folded))) : Fold(get(item), folded);
    }

    private static object? Fold(object? value, bool folded) => folded && Text.Of(value, out var text) ? text.ToLowerInvariant() : value;
}

/// <summary>Jinja's attribute paths: names and numbers between dots, several of them between commas.</summary>
internal static class Attributes
{
    public static Func<object?, object?> Getter(object? path, object? otherwise = null)
    {
        object?[] parts = path switch
        {
            string text => [.. text.Split('.').Select(Part)],
            _ => [path],
        };
        return item =>
        {
            foreach (var part in parts)
            {
                item = Members.Item(item, part);
                if (otherwise is not null && item is Undefined) item = otherwise;
            }

            return item;
        };
    }

    /// <summary>As <see cref="Getter"/>; several paths give a list.</summary>
    public static Func<object?, object?> MultiGetter(object? paths)
    {
        if (paths is not string text || !text.Contains(',', StringComparison.Ordinal)) return Getter(paths);
        Func<object?, object?>[] getters = [.. text.Split(',').Select(path => Getter(path))];
        return item => new PyList(Array.ConvertAll(getters, get => get(item)));
    }

    private static object Part(string part) =>
        part.Length > 0 && part.All(char.IsAsciiDigit) && long.TryParse(part, System.Globalization.CultureInfo.InvariantCulture, out var number) ? Number.Box(number) : part;
}
