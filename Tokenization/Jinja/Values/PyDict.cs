using System.Numerics;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>Python's dict: keeps the order of insertion; small ones are searched from end to end, larger ones through an index made when first needed.</summary>
internal sealed class PyDict
{
    private const int SearchedDirectly = 8;
    private object?[] _keys;
    private object?[] _values;
    private Dictionary<object, int>? _index;

    public PyDict(int capacity = 4) => (_keys, _values) = (new object?[capacity], new object?[capacity]);

    public int Count { get; private set; }

    public ReadOnlySpan<object?> Keys => _keys.AsSpan(0, Count);

    public ReadOnlySpan<object?> Values => _values.AsSpan(0, Count);

    public object? KeyAt(int index) => _keys[index];

    public object? ValueAt(int index) => _values[index];

    public bool TryGet(string key, out object? value)
    {
        var at = Count <= SearchedDirectly ? Scan(key) : Indexed(key);
        value = at >= 0 ? _values[at] : null;
        return at >= 0;
    }

    public bool TryGet(object? key, out object? value)
    {
        if (key is string text) return TryGet(text, out value);
        if (key is Markup markup) return TryGet(markup.Text, out value);
        var at = Find(key);
        value = at >= 0 ? _values[at] : null;
        return at >= 0;
    }

    /// <summary>The value; <see cref="Undefined.Missing"/> where there is no such key.</summary>
    public object? this[string key] => TryGet(key, out var value) ? value : Undefined.Missing;

    public void Set(object? key, object? value)
    {
        var at = key is string text && Count <= SearchedDirectly ? Scan(text) : Find(key);
        if (at >= 0)
        {
            _values[at] = value;
            return;
        }

        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Math.Max(4, Count * 2));
            Array.Resize(ref _values, Math.Max(4, Count * 2));
        }

        (_keys[Count], _values[Count]) = (key, value);
        _index?.Add(key ?? Undefined.Missing, Count);
        Count++;
    }

    public PyDict Copy()
    {
        var copy = new PyDict(Math.Max(4, Count));
        for (var i = 0; i < Count; i++) copy.Set(_keys[i], _values[i]);
        return copy;
    }

    private int Scan(string key)
    {
        for (var i = 0; i < Count; i++)
        {
            if (ReferenceEquals(_keys[i], key) || (_keys[i] is string other && other == key)) return i;
        }

        return -1;
    }

    private int Find(object? key)
    {
        KeyComparer.RequireHashable(key);
        return Count == 0 ? -1 : Indexed(key ?? Undefined.Missing);
    }

    private int Indexed(object key)
    {
        if (_index is null)
        {
            _index = new Dictionary<object, int>(Count, KeyComparer.Instance);
            for (var i = 0; i < Count; i++) _index.Add(_keys[i] ?? Undefined.Missing, i);
        }

        return _index.TryGetValue(key, out var at) ? at : -1;
    }

    /// <summary>Python's equality and hash: 1, 1.0 and True are one key.</summary>
    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        public static void RequireHashable(object? key)
        {
            if (key is PyList or PyDict or Namespace) throw new TemplateException($"unhashable type: '{TypeName.Of(key)}'");
            if (key is not PyTuple tuple) return;
            foreach (var item in tuple.Items) RequireHashable(item);
        }

        public new bool Equals(object? x, object? y) => Compare.Equal(x, y);

        public int GetHashCode(object key) => key switch
        {
            string text => text.GetHashCode(StringComparison.Ordinal),
            Markup markup => markup.Text.GetHashCode(StringComparison.Ordinal),
            bool or long => Number.ToLong(key).GetHashCode(),
            BigInteger big => big.GetHashCode(),
            double real => double.IsInteger(real) && Math.Abs(real) < 1e18 ? ((long)real).GetHashCode() : real.GetHashCode(),
            PyTuple tuple => tuple.Items.Aggregate(17, (hash, item) => (hash * 31) + GetHashCode(item ?? Undefined.Missing)),
            _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(key),
        };
    }
}

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> of a dict give: sized, iterable, not indexable.</summary>
internal sealed class DictView(PyDict dict, DictView.Part part)
{
    public enum Part
    {
        Keys,
        Values,
        Items,
    }

    public PyDict Dict => dict;

    public string TypeName => part switch { Part.Keys => "dict_keys", Part.Values => "dict_values", _ => "dict_items" };

    public object? At(int index) => part switch
    {
        Part.Keys => dict.KeyAt(index),
        Part.Values => dict.ValueAt(index),
        _ => new PyTuple(dict.KeyAt(index), dict.ValueAt(index)),
    };
}
