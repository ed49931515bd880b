using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

/// <summary>
/// Which names a part of a template assigns, and in which slot of the frame each lives. As in Jinja, a name that is
/// assigned anywhere in a scope belongs to that scope, and reads as the enclosing scope's until it is assigned.
/// </summary>
internal sealed class Scope
{
    private readonly Scope? _parent;
    private readonly Dictionary<string, int> _slots = [];
    private readonly int _first;

    private Scope(Scope? parent, FrameLayout frame, GlobalNames globals, IEnumerable<string> names)
    {
        (_parent, Frame, Globals, _first) = (parent, frame, globals, frame.Slots);
        foreach (var name in names)
        {
            if (_slots.TryAdd(name, frame.Slots)) frame.Slots++;
        }
    }

    public GlobalNames Globals { get; }

    public FrameLayout Frame { get; }

    public static Scope Root(GlobalNames globals, IEnumerable<string> names) => new(null, new FrameLayout(), globals, names);

    /// <summary>A scope within the same frame: the body of a loop, of <c>with</c>, of a block that is captured.</summary>
    public Scope Inner(IEnumerable<string> names) => new(this, Frame, Globals, names);

    /// <summary>A scope with a frame of its own, made anew at each call: a macro, a recursive loop.</summary>
    public Scope InnerFrame(IEnumerable<string> names) => new(this, new FrameLayout(), Globals, names);

    public static HashSet<string> AssignedIn(IEnumerable<Statement> body)
    {
        var names = new HashSet<string>();
        foreach (var statement in body) statement.CollectAssigned(names);
        return names;
    }

    public int SlotOf(string name) => _slots[name];

    /// <summary>Where to look for a name, from the inside out: how many frames up, and which slot.</summary>
    public (int Up, int Slot)[] PlacesOf(string name)
    {
        var places = new List<(int, int)>();
        var up = 0;
        for (var scope = this; scope is not null; scope = scope._parent)
        {
            if (scope._slots.TryGetValue(name, out var slot)) places.Add((up, slot));
            if (scope._parent is not null && scope._parent.Frame != scope.Frame) up++;
        }

        return [.. places];
    }

    /// <summary>Forgets what a former turn assigned.</summary>
    public void Clear(Frame frame) => frame.Slots.AsSpan(_first, _slots.Count).Fill(Undefined.Missing);
}

internal sealed class FrameLayout
{
    public int Slots { get; set; }
}

/// <summary>The names that a template takes from outside, numbered.</summary>
internal sealed class GlobalNames
{
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>How deep binding is at this moment.</summary>
    public int Depth { get; set; }

    public IReadOnlyDictionary<string, int> Numbers => _numbers;

    public int NumberOf(string name)
    {
        if (!_numbers.TryGetValue(name, out var number)) _numbers.Add(name, number = _numbers.Count);
        return number;
    }
}
