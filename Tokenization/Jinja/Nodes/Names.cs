using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

internal sealed class Constant(object? value) : Expression
{
    private readonly string _printed = Text.Str(value);

    public object? Value => value;

    public override IEnumerable<Node> Children => [];

    public override object? Evaluate(Frame frame) => value;

    public override void Print(Frame frame) => frame.Rendering.Output.Append(_printed);
}

/// <summary>A variable.</summary>
internal sealed class NameExpression(string name) : Expression
{
    private readonly Undefined _undefined = Undefined.Variable(name);
    private (int Up, int Slot)[] _places = [];
    private int _global;

    public string Name => name;

    public override IEnumerable<Node> Children => [];

    protected override void BindParts(Scope scope)
    {
        _places = scope.PlacesOf(name);
        _global = scope.Globals.NumberOf(name);
    }

    public override object? Evaluate(Frame frame)
    {
        foreach (var (up, slot) in _places)
        {
            var holder = frame;
            for (var i = 0; i < up; i++) holder = holder.Parent!;
            var value = holder.Slots[slot];
            if (!ReferenceEquals(value, Undefined.Missing)) return value;
        }

        var global = frame.Rendering.Globals[_global];
        return ReferenceEquals(global, Undefined.Missing) ? _undefined : global;
    }
}

/// <summary>Assignment to what the parser accepted as a target: names, tuples of them, an attribute of a namespace.</summary>
internal static class Targets
{
    public static void Collect(Expression target, ISet<string> names)
    {
        if (target is NameExpression name) names.Add(name.Name);
        foreach (var item in (target as TupleExpression)?.Items ?? []) Collect(item, names);
    }

    /// <summary>What assigns a value, with the slots of <paramref name="scope"/>.</summary>
    public static Action<Frame, object?> Bind(Expression target, Scope scope)
    {
        switch (target)
        {
            case NameExpression name:
                var slot = scope.SlotOf(name.Name);
                return (frame, value) => frame.Slots[slot] = value;
            case TupleExpression tuple:
                Action<Frame, object?>[] items = [.. tuple.Items.Select(item => Bind(item, scope))];
                return (frame, value) => Unpack(frame, value, items);
            default:
                target.Bind(scope);
                return ((AttributeTarget)target).Assign;
        }
    }

    private static void Unpack(Frame frame, object? value, Action<Frame, object?>[] targets)
    {
        var items = Iteration.Materialize(value);
        if (items.Length < targets.Length) throw new TemplateException($"not enough values to unpack (expected {targets.Length}, got {items.Length})");
        if (items.Length > targets.Length) throw new TemplateException($"too many values to unpack (expected {targets.Length})");
        for (var i = 0; i < items.Length; i++) targets[i](frame, items[i]);
    }
}

/// <summary><c>name.attribute</c> on the left of <c>set</c>.</summary>
internal sealed class AttributeTarget(NameExpression owner, string attribute) : Expression
{
    public override IEnumerable<Node> Children => [owner];

    public override object? Evaluate(Frame frame) => Members.Attribute(owner.Evaluate(frame), attribute);

    public void Assign(Frame frame, object? value)
    {
        if (owner.Evaluate(frame) is not Namespace space) throw new TemplateException("cannot assign attribute on non-namespace object");
        space.Attributes.Set(attribute, value);
    }
}

/// <summary>Stands for text that a block printed, as the input of the filters on it.</summary>
internal sealed class CapturedText : Expression
{
    /// <summary>The name under which a scope keeps the text, for as long as its filters run: no template can spell it.</summary>
    public const string Name = "captured text";

    private int _slot;

    public override IEnumerable<Node> Children => [];

    protected override void BindParts(Scope scope) => _slot = scope.SlotOf(Name);

    public void Set(Frame frame, string text) => frame.Slots[_slot] = text;

    public override object? Evaluate(Frame frame) => frame.Slots[_slot];
}
