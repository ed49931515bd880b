namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

/// <summary>Text between tags.</summary>
internal sealed class DataStatement(string text) : Statement
{
    public override IEnumerable<Node> Children => [];

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Output.Append(text);
        return Flow.Next;
    }
}

/// <summary>{{ expression }}</summary>
internal sealed class OutputStatement(Expression expression, int line) : Statement
{
    public override IEnumerable<Node> Children => [expression];

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        expression.Print(frame);
        return Flow.Next;
    }
}

/// <summary>Several statements where one was expected.</summary>
internal sealed class SequenceStatement(Statement[] body) : Statement
{
    public override IEnumerable<Node> Children => body;

    public override Flow Run(Frame frame) => RunAll(body, frame);
}

/// <summary>{% break %} and {% continue %}</summary>
internal sealed class JumpStatement(Flow flow) : Statement
{
    public override IEnumerable<Node> Children => [];

    public override Flow Run(Frame frame) => flow;
}

/// <summary>{% if %}: opens no scope, so what it assigns stays assigned.</summary>
internal sealed class IfStatement(Expression test, Statement[] body, Statement[] otherwise, int line) : Statement
{
    public override IEnumerable<Node> Children => [test, .. body, .. otherwise];

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        return RunAll(test.Test(frame) ? body : otherwise, frame);
    }

    public override void CollectAssigned(ISet<string> names)
    {
        foreach (var statement in body) statement.CollectAssigned(names);
        foreach (var statement in otherwise) statement.CollectAssigned(names);
    }
}

/// <summary>{% set target = value %}</summary>
internal sealed class SetStatement(Expression target, Expression value, int line) : Statement
{
    private Action<Frame, object?> _assign = null!;

    public Expression Target => target;

    public Expression Value => value;

    public override IEnumerable<Node> Children => [target, value];

    protected override void BindParts(Scope scope)
    {
        value.Bind(scope);
        _assign = Targets.Bind(target, scope);
    }

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        _assign(frame, value.Evaluate(frame));
        return Flow.Next;
    }

    public override void CollectAssigned(ISet<string> names) => Targets.Collect(target, names);
}

/// <summary>{% set target | filters %}…{% endset %}: assigns what the body prints.</summary>
internal sealed class SetBlockStatement(Expression target, CapturedText captured, Expression filtered, Statement[] body, int line) : Statement
{
    private Action<Frame, object?> _assign = null!;
    private Scope _inner = null!;

    public override IEnumerable<Node> Children => [target, filtered, .. body];

    protected override void BindParts(Scope scope)
    {
        _inner = scope.Inner(Scope.AssignedIn(body));
        BindAll(body, _inner);
        captured.Bind(scope);
        filtered.Bind(scope);
        _assign = Targets.Bind(target, scope);
    }

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        _inner.Clear(frame);
        var mark = frame.Rendering.Output.Length;
        var flow = RunAll(body, frame);
        captured.Set(frame, frame.Rendering.Output.Take(mark));
        // A break or continue leaves before the assignment.
        if (flow == Flow.Next) _assign(frame, filtered.Evaluate(frame));
        return flow;
    }

    public override void CollectAssigned(ISet<string> names)
    {
        Targets.Collect(target, names);
        names.Add(CapturedText.Name);
    }
}

/// <summary>{% filter name %}…{% endfilter %}: prints what the filters make of the body.</summary>
internal sealed class FilterStatement(CapturedText captured, Expression filtered, Statement[] body, int line) : Statement
{
    private Scope _inner = null!;

    public override IEnumerable<Node> Children => [filtered, .. body];

    protected override void BindParts(Scope scope)
    {
        _inner = scope.Inner(Scope.AssignedIn(body).Append(CapturedText.Name));
        BindAll(body, _inner);
        captured.Bind(_inner);
        filtered.Bind(_inner);
    }

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        _inner.Clear(frame);
        var mark = frame.Rendering.Output.Length;
        var flow = RunAll(body, frame);
        captured.Set(frame, frame.Rendering.Output.Take(mark));
        if (flow == Flow.Next) filtered.Print(frame);
        return flow;
    }
}

/// <summary>{% with name = value, … %}…{% endwith %}, and every other body with a scope of its own.</summary>
internal sealed class WithStatement((Expression Target, Expression Value)[] assignments, Statement[] body, int line) : Statement
{
    private Action<Frame, object?>[] _assign = [];
    private Scope _inner = null!;

    public override IEnumerable<Node> Children => [.. assignments.Select(a => a.Value), .. body];

    protected override void BindParts(Scope scope)
    {
        BindAll(assignments.Select(a => a.Value), scope);
        var names = Scope.AssignedIn(body);
        foreach (var (target, _) in assignments) Targets.Collect(target, names);
        _inner = scope.Inner(names);
        _assign = [.. assignments.Select(a => Targets.Bind(a.Target, _inner))];
        BindAll(body, _inner);
    }

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        var values = Array.ConvertAll(assignments, a => a.Value.Evaluate(frame));
        _inner.Clear(frame);
        for (var i = 0; i < values.Length; i++) _assign[i](frame, values[i]);
        return RunAll(body, frame);
    }
}
