using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

/// <summary>A macro's or a call block's parameters and body.</summary>
internal sealed class MacroDefinition(string name, (string Name, Expression? Default)[] parameters, Statement[] body, int line) : Node
{
    private static readonly string[] Special = ["caller", "varargs", "kwargs"];
    private Scope _scope = null!;
    private string[] _used = [];

    public string Name => name;

    public override IEnumerable<Node> Children => [.. parameters.Select(p => p.Default).OfType<Expression>(), .. body];

    protected override void BindParts(Scope scope)
    {
        var read = body.SelectMany(statement => statement.Descendants().Prepend(statement)).OfType<NameExpression>().Select(n => n.Name).ToHashSet();
        _used = [.. Special.Where(read.Contains)];
        _scope = scope.InnerFrame([.. Scope.AssignedIn(body), .. parameters.Select(p => p.Name), .. _used]);
        foreach (var child in Children) child.Bind(_scope);
    }

    public Macro In(Frame outer) => new(name, (rendering, arguments) => Call(rendering, outer, arguments));

    private string Call(Rendering rendering, Frame outer, Arguments arguments)
    {
        Guard.Depth();
        rendering.Step();
        var frame = new Frame(rendering, outer, _scope.Frame.Slots);
        Fill(frame, arguments);
        var mark = rendering.Output.Length;
        foreach (var statement in body) statement.Run(frame);
        return rendering.Output.Take(mark);
    }

    private void Fill(Frame frame, Arguments arguments)
    {
        var given = arguments.Positional;
        for (var i = 0; i < Math.Min(given.Length, parameters.Length); i++) frame.Slots[_scope.SlotOf(parameters[i].Name)] = given[i];
        if (given.Length > parameters.Length && !Uses("varargs")) throw new TemplateException($"macro '{name}' takes not more than {parameters.Length} arguments", line);
        if (Uses("varargs")) frame.Slots[_scope.SlotOf("varargs")] = new PyTuple(given.Length > parameters.Length ? given[parameters.Length..] : []);

        PyDict? rest = Uses("kwargs") ? new PyDict() : null;
        if (Uses("caller")) frame.Slots[_scope.SlotOf("caller")] = Undefined.Because("no caller defined");
        foreach (var (argument, value) in arguments.Named) FillNamed(frame, argument, value, given.Length, rest);
        if (rest is not null) frame.Slots[_scope.SlotOf("kwargs")] = rest;
        FillDefaults(frame);
    }

    private void FillNamed(Frame frame, string argument, object? value, int positional, PyDict? rest)
    {
        var at = Array.FindIndex(parameters, p => p.Name == argument);
        if (at >= 0 && at < positional) throw new TemplateException($"macro '{name}' got multiple values for argument '{argument}'", line);
        if (at >= 0 || (argument == "caller" && Uses("caller"))) frame.Slots[_scope.SlotOf(argument)] = value;
        else if (rest is not null) rest.Set(argument, value);
        else throw new TemplateException($"macro '{name}' takes no keyword argument '{argument}'", line);
    }

    /// <summary>A parameter without a value takes its default, which may use the parameters before it; else it is undefined, whatever the name means outside.</summary>
    private void FillDefaults(Frame frame)
    {
        foreach (var (parameter, value) in parameters)
        {
            ref var slot = ref frame.Slots[_scope.SlotOf(parameter)];
            if (!ReferenceEquals(slot, Undefined.Missing)) continue;
            slot = value is null ? Undefined.Because($"parameter '{parameter}' was not provided") : value.Evaluate(frame);
        }
    }

    private bool Uses(string special) => Array.IndexOf(_used, special) >= 0;
}

/// <summary>{% macro name(parameters) %}…{% endmacro %}</summary>
internal sealed class MacroStatement(MacroDefinition definition, int line) : Statement
{
    private int _slot;

    public override IEnumerable<Node> Children => [definition];

    protected override void BindParts(Scope scope)
    {
        definition.Bind(scope);
        _slot = scope.SlotOf(definition.Name);
    }

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        frame.Slots[_slot] = definition.In(frame);
        return Flow.Next;
    }

    public override void CollectAssigned(ISet<string> names) => names.Add(definition.Name);
}

/// <summary>{% call(parameters) macro(…) %}…{% endcall %}</summary>
internal sealed class CallStatement(CallExpression call, MacroDefinition definition, int line) : Statement
{
    public override IEnumerable<Node> Children => [call, definition];

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        frame.Rendering.Output.Append(Text.Str(call.Call(frame, definition.In(frame))));
        return Flow.Next;
    }
}
