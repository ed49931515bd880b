using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Nodes;

internal sealed class ArithmeticExpression(Arithmetic op, Expression left, Expression right) : Expression
{
    public override IEnumerable<Node> Children => [left, right];

    public override object? Evaluate(Frame frame) => Operations.Apply(op, left.Evaluate(frame), right.Evaluate(frame));
}

/// <summary>
/// A chain of +. Where all terms are strings, as nearly always in a chat template, they are printed or joined at once
/// instead of pair by pair.
/// </summary>
internal sealed class SumExpression : Expression
{
    private readonly Expression[] _terms;

    private SumExpression(Expression[] terms) => _terms = terms;

    public override IEnumerable<Node> Children => _terms;

    public static SumExpression Of(Expression left, Expression right) =>
        left is SumExpression sum ? new SumExpression([.. sum._terms, right]) : new SumExpression([left, right]);

    public override object? Evaluate(Frame frame)
    {
        var first = _terms[0].Evaluate(frame);
        if (first is not string) return AddFrom(1, first, frame);
        var strings = new string[_terms.Length];
        strings[0] = (string)first;
        var length = (long)strings[0].Length;
        for (var i = 1; i < _terms.Length; i++)
        {
            var term = _terms[i].Evaluate(frame);
            if (term is not string text) return AddFrom(i + 1, Operations.Apply(Arithmetic.Add, string.Concat(strings.AsSpan(0, i)), term), frame);
            strings[i] = text;
            length += text.Length;
        }

        Guard.Length(length);
        return string.Concat(strings);
    }

    public override void Print(Frame frame)
    {
        var output = frame.Rendering.Output;
        var start = output.Length;
        for (var i = 0; i < _terms.Length; i++)
        {
            var term = _terms[i].Evaluate(frame);
            if (term is string text)
            {
                output.Append(text);
                continue;
            }

            var sum = i == 0 ? term : Operations.Apply(Arithmetic.Add, output.Take(start), term);
            output.Append(Text.Str(AddFrom(i + 1, sum, frame)));
            return;
        }
    }

    private object? AddFrom(int next, object? sum, Frame frame)
    {
        for (var i = next; i < _terms.Length; i++) sum = Operations.Apply(Arithmetic.Add, sum, _terms[i].Evaluate(frame));
        return sum;
    }
}

/// <summary>~: the texts of all parts, joined.</summary>
internal sealed class ConcatenationExpression(Expression[] parts) : Expression
{
    public override IEnumerable<Node> Children => parts;

    public override object? Evaluate(Frame frame)
    {
        var texts = new string[parts.Length];
        for (var i = 0; i < parts.Length; i++) texts[i] = Text.Str(parts[i].Evaluate(frame));
        Guard.Length(texts.Sum(text => (long)text.Length));
        return string.Concat(texts);
    }

    public override void Print(Frame frame)
    {
        foreach (var part in parts) part.Print(frame);
    }
}

internal sealed class SignExpression(Expression value, bool negative) : Expression
{
    public override IEnumerable<Node> Children => [value];

    public override object? Evaluate(Frame frame)
    {
        var number = value.Evaluate(frame);
        if (!Number.Is(number)) throw Operations.BadOperand(number, negative ? "unary -" : "unary +");
        if (negative) return number is double real ? -real : Number.Apply(Arithmetic.Subtract, 0L, number);
        return number is bool ? Number.Box(Number.ToLong(number)) : number;
    }
}

internal sealed class NotExpression(Expression value) : Expression
{
    public override IEnumerable<Node> Children => [value];

    public override object? Evaluate(Frame frame) => Number.Box(Test(frame));

    public override bool Test(Frame frame) => !value.Test(frame);
}

internal sealed class AndExpression(Expression left, Expression right) : Expression
{
    public override IEnumerable<Node> Children => [left, right];

    public override object? Evaluate(Frame frame)
    {
        var value = left.Evaluate(frame);
        return Compare.Truth(value) ? right.Evaluate(frame) : value;
    }

    public override bool Test(Frame frame) => left.Test(frame) && right.Test(frame);
}

internal sealed class OrExpression(Expression left, Expression right) : Expression
{
    public override IEnumerable<Node> Children => [left, right];

    public override object? Evaluate(Frame frame)
    {
        var value = left.Evaluate(frame);
        return Compare.Truth(value) ? value : right.Evaluate(frame);
    }

    public override bool Test(Frame frame) => left.Test(frame) || right.Test(frame);
}

/// <summary>a if test else b; undefined where there is no else.</summary>
internal sealed class ConditionalExpression(Expression test, Expression then, Expression? otherwise) : Expression
{
    private static readonly Undefined Nothing = Undefined.Because("the inline if-expression evaluated to false and no else section was defined");

    public override IEnumerable<Node> Children => otherwise is null ? [test, then] : [test, then, otherwise];

    public override object? Evaluate(Frame frame)
    {
        if (test.Test(frame)) return then.Evaluate(frame);
        return otherwise is null ? Nothing : otherwise.Evaluate(frame);
    }
}

/// <summary>A chain of comparisons, as Python's: a &lt; b &lt; c.</summary>
internal sealed class ComparisonExpression(Expression first, (string Op, Expression Right)[] rest) : Expression
{
    public override IEnumerable<Node> Children => [first, .. rest.Select(part => part.Right)];

    public override object? Evaluate(Frame frame) => Number.Box(Test(frame));

    public override bool Test(Frame frame)
    {
        var left = first.Evaluate(frame);
        foreach (var (op, rightPart) in rest)
        {
            var right = rightPart.Evaluate(frame);
            if (!Holds(op, left, right)) return false;
            left = right;
        }

        return true;
    }

    public static bool Holds(string op, object? left, object? right) => op switch
    {
        "==" => Compare.Equal(left, right),
        "!=" => !Compare.Equal(left, right),
        "in" => Compare.Contains(right, left),
        "not in" => !Compare.Contains(right, left),
        _ => Compare.Ordered(left, right, op),
    };
}
