namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

/// <summary>A part of a template. After <see cref="Bind"/> it never changes, and any thread may run it.</summary>
internal abstract class Node
{
    private const int MaxDepth = 200;

    /// <summary>The parts below, for whoever looks for something in a template.</summary>
    public abstract IEnumerable<Node> Children { get; }

    /// <summary>Finds the slots of the names below, once, when the template is loaded.</summary>
    public void Bind(Scope scope)
    {
        if (++scope.Globals.Depth > MaxDepth) throw new TemplateException("nested too deeply");
        BindParts(scope);
        scope.Globals.Depth--;
    }

    protected virtual void BindParts(Scope scope)
    {
        foreach (var child in Children) child.Bind(scope);
    }

    public IEnumerable<Node> Descendants()
    {
        foreach (var child in Children)
        {
            yield return child;
            foreach (var below in child.Descendants()) yield return below;
        }
    }
}

internal abstract class Expression : Node
{
    public abstract object? Evaluate(Frame frame);

    /// <summary>Whether the value is true.</summary>
    public virtual bool Test(Frame frame) => Values.Compare.Truth(Evaluate(frame));

    /// <summary>Prints the value.</summary>
    public virtual void Print(Frame frame) => frame.Rendering.Output.Append(Values.Text.Str(Evaluate(frame)));
}

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

internal abstract class Statement : Node
{
    public abstract Flow Run(Frame frame);

    /// <summary>Adds the names that the statement assigns in the scope it stands in.</summary>
    public virtual void CollectAssigned(ISet<string> names)
    {
    }

    protected static Flow RunAll(Statement[] body, Frame frame)
    {
        foreach (var statement in body)
        {
            var flow = statement.Run(frame);
            if (flow != Flow.Next) return flow;
        }

        return Flow.Next;
    }

    protected static void BindAll(IEnumerable<Node> nodes, Scope scope)
    {
        foreach (var node in nodes) node.Bind(scope);
    }
}
