namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>The <c>loop</c> variable, and what drives the loop. Items are drawn one by one, because a filter may depend on what the body did before.</summary>
internal sealed class Loop
{
    private readonly Func<object?, object?>? _recurse;
    private object?[]? _items;
    private IEnumerator<object?>? _drawn;
    private int _next;
    private object? _after = Undefined.Missing;
    private object? _current = Undefined.Missing;
    private object? _before = Undefined.Missing;
    private object?[]? _changed;

    /// <param name="items">What is looped over.</param>
    /// <param name="depth0">How many recursive loops enclose this one.</param>
    /// <param name="recurse">What <c>loop(items)</c> does; null for a loop without <c>recursive</c>.</param>
    public Loop(IEnumerable<object?> items, int depth0, Func<object?, object?>? recurse)
    {
        (_recurse, Depth0) = (recurse, depth0);
        if (items is object?[] array) _items = array;
        else _drawn = items.GetEnumerator();
    }

    public int Depth0 { get; }

    public int Index0 { get; private set; } = -1;

    public int Index => Index0 + 1;

    /// <summary>Number of items in all; draws the rest of them where that is not known.</summary>
    public int Length
    {
        get
        {
            if (_items is null)
            {
                var all = new List<object?>(new object?[Index]);
                if (!ReferenceEquals(_after, Undefined.Missing)) all.Add(_after);
                while (_drawn!.MoveNext()) all.Add(_drawn.Current);
                (_items, _next, _after) = ([.. all], Index, Undefined.Missing);
            }

            return _items.Length;
        }
    }

    public bool MoveNext()
    {
        object? item;
        if (!ReferenceEquals(_after, Undefined.Missing)) (item, _after) = (_after, Undefined.Missing);
        else if (!Draw(out item)) return false;
        Index0++;
        (_before, _current) = (_current, item);
        return true;
    }

    public object? Current => _current;

    public object? Attribute(string name)
    {
        switch (name)
        {
            case "index":
                return Number.Box(Index);
            case "index0":
                return Number.Box(Index0);
            case "first":
                return Number.Box(Index0 == 0);
            case "last":
                return Number.Box(!Peek());
            case "length":
                return Number.Box(Length);
            case "revindex":
                return Number.Box(Length - Index0);
            case "revindex0":
                return Number.Box(Length - Index);
            case "depth":
                return Number.Box(Depth0 + 1);
            case "depth0":
                return Number.Box(Depth0);
            case "previtem":
                return Index0 == 0 ? Undefined.Because("there is no previous item") : _before;
            case "nextitem":
                return Peek() ? _items is null ? _after : _items[_next] : Undefined.Because("there is no next item");
            case "cycle":
                return new Function((_, a) => a.Positional.Length == 0 ? throw new TemplateException("no items for cycling given") : a.Positional[Index0 % a.Positional.Length]);
            case "changed":
                return new Function((_, a) => Number.Box(Changed(a.Positional)));
            default:
                return Undefined.Member(this, name);
        }
    }

    public object? Recurse(object? items) =>
        _recurse is null ? throw new TemplateException("the loop must have the 'recursive' marker to be called recursively") : _recurse(items);

    private bool Draw(out object? item)
    {
        if (_items is not null)
        {
            var there = _next < _items.Length;
            item = there ? _items[_next++] : null;
            return there;
        }

        var drawn = _drawn!.MoveNext();
        item = drawn ? _drawn.Current : null;
        return drawn;
    }

    private bool Peek()
    {
        if (_items is not null) return _next < _items.Length;
        if (ReferenceEquals(_after, Undefined.Missing) && Draw(out var item)) _after = item;
        return !ReferenceEquals(_after, Undefined.Missing);
    }

    private bool Changed(object?[] value)
    {
        if (_changed is not null && Compare.Equal(new PyTuple(_changed), new PyTuple(value))) return false;
        _changed = value;
        return true;
    }
}
