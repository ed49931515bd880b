using OrleansKvRouter.Tokenization.Jinja.Library;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

/// <summary>The arguments of a call as written.</summary>
internal sealed class CallArguments
{
    public List<Expression> Positional { get; } = [];

    public List<(string Name, Expression Value)> Named { get; } = [];

    /// <summary>*expression</summary>
    public Expression? Spread { get; set; }

    /// <summary>**expression</summary>
    public Expression? SpreadNamed { get; set; }

    public bool IsEmpty => Positional.Count == 0 && Named.Count == 0 && Spread is null && SpreadNamed is null;

    public IEnumerable<Node> Nodes =>
        Positional.Concat(Named.Select(named => named.Value)).Concat(new[] { Spread, SpreadNamed }.OfType<Expression>());

    public Arguments Evaluate(Frame frame)
    {
        if (IsEmpty) return Arguments.None;
        var positional = Positional.Count == 0 ? [] : new object?[Positional.Count];
        for (var i = 0; i < positional.Length; i++) positional[i] = Positional[i].Evaluate(frame);
        if (Named.Count == 0 && Spread is null && SpreadNamed is null) return new Arguments(positional, []);

        if (Spread is not null) positional = [.. positional, .. Iteration.Of(Spread.Evaluate(frame))];
        List<(string, object?)> named = [.. Named.Select(argument => (argument.Name, argument.Value.Evaluate(frame)))];
        if (SpreadNamed is not null) AddSpread(SpreadNamed.Evaluate(frame), named);
        return new Arguments(positional, [.. named]);
    }

    private static void AddSpread(object? value, List<(string, object?)> named)
    {
        if (value is not PyDict dict) throw Text.TypeError("argument after ** must be a mapping", value);
        for (var i = 0; i < dict.Count; i++) named.Add((Text.Require(dict.KeyAt(i), "keywords must be strings"), dict.ValueAt(i)));
    }
}

internal sealed class CallExpression(Expression callee, CallArguments arguments) : Expression
{
    public override IEnumerable<Node> Children => [callee, .. arguments.Nodes];

    public override object? Evaluate(Frame frame) => Call(frame, null);

    /// <summary>Calls with the body of a call block as <c>caller</c>.</summary>
    public object? Call(Frame frame, Macro? caller)
    {
        frame.Rendering.Step();
        Guard.Depth();
        if (callee is AttributeExpression method && caller is null)
        {
            var owner = method.Owner.Evaluate(frame);
            if (Methods.Find(owner, method.Name) is { } body) return body(owner!, arguments.Evaluate(frame));
            return Invoke(Members.Attribute(owner, method.Name), arguments.Evaluate(frame), frame);
        }

        var called = callee.Evaluate(frame);
        var given = arguments.Evaluate(frame);
        return Invoke(called, caller is null ? given : new Arguments(given.Positional, [.. given.Named, ("caller", caller)]), frame);
    }

    private static object? Invoke(object? called, Arguments arguments, Frame frame) => called switch
    {
        Callable callable => callable.Call(frame.Rendering, arguments),
        Loop loop => loop.Recurse(arguments.Bind("loop", "iterable")[0]),
        Undefined undefined => throw undefined.Error(),
        _ => throw new TemplateException($"'{TypeName.Of(called)}' object is not callable"),
    };
}

internal sealed class FilterExpression(Expression input, string name, CallArguments arguments, int line) : Expression
{
    private readonly Filter _filter = Filters.Find(name) ?? throw new TemplateException($"the filter '{name}' is not supported", line);

    public Expression Input => input;

    public override IEnumerable<Node> Children => [input, .. arguments.Nodes];

    public override object? Evaluate(Frame frame)
    {
        frame.Rendering.Step();
        return _filter(frame.Rendering, input.Evaluate(frame), arguments.Evaluate(frame));
    }
}

internal sealed class TestExpression(Expression input, string name, CallArguments arguments, int line) : Expression
{
    private readonly Test _test = Tests.Find(name) ?? throw new TemplateException($"the test '{name}' is not supported", line);

    public Expression Input => input;

    public override IEnumerable<Node> Children => [input, .. arguments.Nodes];

    public override object? Evaluate(Frame frame) => Number.Box(Test(frame));

    public override bool Test(Frame frame) => _test(input.Evaluate(frame), arguments.Evaluate(frame));
}
