using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

internal sealed class AttributeExpression(Expression owner, string name) : Expression
{
    public Expression Owner => owner;

    public string Name => name;

    public override IEnumerable<Node> Children => [owner];

    public override object? Evaluate(Frame frame) => Members.Attribute(owner.Evaluate(frame), name);
}

internal sealed class ItemExpression(Expression owner, Expression key) : Expression
{
    public Expression Owner => owner;

    public Expression Key => key;

    public override IEnumerable<Node> Children => [owner, key];

    public override object? Evaluate(Frame frame) => Members.Item(owner.Evaluate(frame), key.Evaluate(frame));
}

/// <summary>owner[start:stop:step]. Without an owner it is what the parser found between brackets.</summary>
internal sealed class SliceExpression(Expression? start, Expression? stop, Expression? step, Expression? owner = null) : Expression
{
    public Expression? Owner => owner;

    public override IEnumerable<Node> Children => new Node?[] { owner, start, stop, step }.OfType<Node>();

    public SliceExpression Of(Expression value) => new(start, stop, step, value);

    public override object? Evaluate(Frame frame) =>
        Slices.Of(owner!.Evaluate(frame), start?.Evaluate(frame), stop?.Evaluate(frame), step?.Evaluate(frame));
}

internal sealed class ListExpression(Expression[] items) : Expression
{
    public override IEnumerable<Node> Children => items;

    public override object? Evaluate(Frame frame) => new PyList(Array.ConvertAll(items, item => item.Evaluate(frame)));
}

internal sealed class TupleExpression(Expression[] items) : Expression
{
    public Expression[] Items => items;

    public override IEnumerable<Node> Children => items;

    public override object? Evaluate(Frame frame) => new PyTuple(Array.ConvertAll(items, item => item.Evaluate(frame)));
}

internal sealed class DictExpression((Expression Key, Expression Value)[] pairs) : Expression
{
    public override IEnumerable<Node> Children => pairs.SelectMany(pair => new[] { pair.Key, pair.Value });

    public override object? Evaluate(Frame frame)
    {
        var dict = new PyDict(pairs.Length);
        foreach (var (key, value) in pairs) dict.Set(key.Evaluate(frame), value.Evaluate(frame));
        return dict;
    }
}
