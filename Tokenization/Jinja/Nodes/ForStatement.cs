using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

/// <summary>{% for target in items if test recursive %}…{% else %}…{% endfor %}</summary>
internal sealed class ForStatement(Expression target, Expression items, Expression? test, bool recursive, Statement[] body, Statement[] otherwise, int line) : Statement
{
    private Scope _inner = null!;
    private Scope _testScope = null!;
    private Scope _otherwiseScope = null!;
    private int _loop;
    private Action<Frame, object?> _assign = null!;
    private Action<Frame, object?> _assignTested = null!;

    public Expression Target => target;

    public Expression Items => items;

    public override IEnumerable<Node> Children => test is null ? [items, .. body, .. otherwise] : [items, test, .. body, .. otherwise];

    protected override void BindParts(Scope scope)
    {
        items.Bind(scope);
        var targets = new HashSet<string>();
        Targets.Collect(target, targets);
        // A recursive loop calls itself while it runs: each run has a frame of its own.
        var home = recursive ? scope.InnerFrame([]) : scope;
        _testScope = home.Inner(targets);
        _assignTested = Targets.Bind(target, _testScope);
        test?.Bind(_testScope);
        _inner = home.Inner([.. Scope.AssignedIn(body), .. targets, "loop"]);
        _loop = _inner.SlotOf("loop");
        _assign = Targets.Bind(target, _inner);
        BindAll(body, _inner);
        _otherwiseScope = home.Inner(Scope.AssignedIn(otherwise));
        BindAll(otherwise, _otherwiseScope);
    }

    public override Flow Run(Frame frame)
    {
        frame.Rendering.Line = line;
        var iterated = items.Evaluate(frame);
        if (!recursive) return RunLoop(frame, iterated, 0, null);
        return RunRecursively(frame, iterated, 0);
    }

    private Flow RunRecursively(Frame outer, object? iterated, int depth)
    {
        Guard.Depth();
        var frame = new Frame(outer.Rendering, outer, _inner.Frame.Slots);
        return RunLoop(frame, iterated, depth, inner =>
        {
            var mark = outer.Rendering.Output.Length;
            RunRecursively(outer, inner, depth + 1);
            return outer.Rendering.Output.Take(mark);
        });
    }

    private Flow RunLoop(Frame frame, object? iterated, int depth, Func<object?, object?>? recurse)
    {
        var source = Iteration.Of(iterated);
        var loop = new Loop(test is null ? source : Tested(frame, source, test), depth, recurse);
        while (loop.MoveNext())
        {
            frame.Rendering.Step();
            _inner.Clear(frame);
            frame.Slots[_loop] = loop;
            _assign(frame, loop.Current);
            if (RunAll(body, frame) == Flow.Break) break;
        }

        if (loop.Index > 0) return Flow.Next;
        _otherwiseScope.Clear(frame);
        return RunAll(otherwise, frame);
    }

    private IEnumerable<object?> Tested(Frame frame, IEnumerable<object?> source, Expression condition)
    {
        foreach (var item in source)
        {
            frame.Rendering.Step();
            _testScope.Clear(frame);
            _assignTested(frame, item);
            if (condition.Test(frame)) yield return item;
        }
    }
}
