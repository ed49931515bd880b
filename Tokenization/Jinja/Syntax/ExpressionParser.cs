using OrleansKvRouter.Tokenization.Jinja.Nodes;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Syntax;

/// <summary>Jinja's expressions, by recursive descent in the order of its precedences.</summary>
internal sealed class ExpressionParser(TokenStream stream)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    public Expression Expression(bool conditional = true) => conditional ? Conditional() : Or();

    /// <summary>One expression, or a tuple where commas follow.</summary>
    public Expression Tuple(bool conditional = true, Func<Token, bool>? ends = null, bool parenthesized = false) =>
        Tuple(() => Expression(conditional), ends, parenthesized);

    /// <summary>What <c>set</c>, <c>for</c> and <c>with</c> assign to: a name or a tuple of names.</summary>
    public Expression Target(Func<Token, bool>? ends = null)
    {
        var line = stream.Line;
        var target = Tuple(Primary, ends, parenthesized: false);
        return IsTarget(target) ? target : throw new TemplateException("cannot assign to this expression", line);
    }

    public CallArguments Arguments()
    {
        stream.ExpectOperator("(");
        var arguments = new CallArguments();
        while (!stream.Current.IsOperator(")"))
        {
            if (!arguments.IsEmpty)
            {
                stream.ExpectOperator(",");
                if (stream.Current.IsOperator(")")) break;
            }

            Argument(arguments);
        }

        stream.ExpectOperator(")");
        return arguments;
    }

    /// <summary>The filters behind <paramref name="input"/>; with <paramref name="first"/> the first has no bar.</summary>
    public Expression Filters(Expression input, bool first = false)
    {
        while (first || stream.SkipOperator("|"))
        {
            first = false;
            var line = stream.Line;
            var name = DottedName();
            var arguments = stream.Current.IsOperator("(") ? Arguments() : new CallArguments();
            input = new FilterExpression(input, name, arguments, line);
        }

        return input;
    }

    private static bool IsTarget(Expression target) => target switch
    {
        NameExpression => true,
        TupleExpression tuple => tuple.Items.All(IsTarget),
        _ => false,
    };

    private void Argument(CallArguments arguments)
    {
        var line = stream.Line;
        if (stream.SkipOperator("*"))
        {
            if (arguments.Spread is not null || arguments.SpreadNamed is not null) throw Invalid(line);
            arguments.Spread = Expression();
        }
        else if (stream.SkipOperator("**"))
        {
            if (arguments.SpreadNamed is not null) throw Invalid(line);
            arguments.SpreadNamed = Expression();
        }
        else if (stream.Current.Kind == TokenKind.Name && stream.Ahead.IsOperator("="))
        {
            if (arguments.SpreadNamed is not null) throw Invalid(line);
            var name = stream.Take().Text;
            stream.Take();
            arguments.Named.Add((name, Expression()));
        }
        else
        {
            if (arguments.Spread is not null || arguments.SpreadNamed is not null || arguments.Named.Count > 0) throw Invalid(line);
            arguments.Positional.Add(Expression());
        }
    }

    private static TemplateException Invalid(int line) => new("invalid order of arguments in a call", line);

    private Expression Tuple(Func<Expression> parse, Func<Token, bool>? ends, bool parenthesized)
    {
        var items = new List<Expression>();
        var isTuple = false;
        while (true)
        {
            if (items.Count > 0) stream.ExpectOperator(",");
            var token = stream.Current;
            if (token.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || token.IsOperator(")") || ends?.Invoke(token) == true) break;
            items.Add(parse());
            if (!stream.Current.IsOperator(",")) break;
            isTuple = true;
        }

        if (!isTuple && items.Count == 1) return items[0];
        if (items.Count == 0 && !parenthesized) throw stream.Unexpected("an expression");
        return new TupleExpression([.. items]);
    }

    private Expression Conditional()
    {
        Guard.Depth();
        var value = Or();
        while (stream.SkipName("if"))
        {
            var test = Or();
            value = new ConditionalExpression(test, value, stream.SkipName("else") ? Conditional() : null);
        }

        return value;
    }

    private Expression Or()
    {
        var left = And();
        while (stream.SkipName("or")) left = new OrExpression(left, And());
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (stream.SkipName("and")) left = new AndExpression(left, Not());
        return left;
    }

    private Expression Not()
    {
        Guard.Depth();
        return stream.SkipName("not") ? new NotExpression(Not()) : Comparison();
    }

    private Expression Comparison()
    {
        var first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            var token = stream.Current;
            if (token.Kind == TokenKind.Operator && Array.IndexOf(Comparisons, token.Text) >= 0)
            {
                stream.Take();
                rest.Add((token.Text, Sum()));
            }
            else if (stream.SkipName("in"))
            {
                rest.Add(("in", Sum()));
            }
            else if (token.IsName("not") && stream.Ahead.IsName("in"))
            {
                stream.Take();
                stream.Take();
                rest.Add(("not in", Sum()));
            }
            else
            {
                return rest.Count == 0 ? first : new ComparisonExpression(first, [.. rest]);
            }
        }
    }

    private Expression Sum()
    {
        var left = Concatenation();
        while (stream.Current is { Kind: TokenKind.Operator, Text: "+" or "-" })
        {
            var add = stream.Take().Text == "+";
            left = add ? SumExpression.Of(left, Concatenation()) : new ArithmeticExpression(Arithmetic.Subtract, left, Concatenation());
        }

        return left;
    }

    private Expression Concatenation()
    {
        var first = Product();
        if (!stream.Current.IsOperator("~")) return first;
        var parts = new List<Expression> { first };
        while (stream.SkipOperator("~")) parts.Add(Product());
        return new ConcatenationExpression([.. parts]);
    }

    private Expression Product()
    {
        var left = Power();
        while (stream.Current is { Kind: TokenKind.Operator, Text: "*" or "/" or "//" or "%" })
        {
            var op = stream.Take().Text switch { "*" => Arithmetic.Multiply, "/" => Arithmetic.Divide, "//" => Arithmetic.FloorDivide, _ => Arithmetic.Modulo };
            left = new ArithmeticExpression(op, left, Power());
        }

        return left;
    }

    private Expression Power()
    {
        // Left to right, unlike Python, because Jinja's parser has it so.
        var left = Unary();
        while (stream.SkipOperator("**")) left = new ArithmeticExpression(Arithmetic.Power, left, Unary());
        return left;
    }

    private Expression Unary(bool withFilters = true)
    {
        Guard.Depth();
        Expression value;
        if (stream.SkipOperator("-")) value = new SignExpression(Unary(false), negative: true);
        else if (stream.SkipOperator("+")) value = new SignExpression(Unary(false), negative: false);
        else value = Primary();
        value = Postfix(value);
        return withFilters ? FiltersAndTests(value) : value;
    }

    private Expression FiltersAndTests(Expression value)
    {
        while (true)
        {
            if (stream.Current.IsOperator("|")) value = Filters(value);
            else if (stream.Current.IsName("is")) value = Test(value);
            else if (stream.Current.IsOperator("(")) value = new CallExpression(value, Arguments());
            else return value;
        }
    }

    private Expression Test(Expression value)
    {
        var line = stream.Take().Line;
        var negated = stream.SkipName("not");
        var name = DottedName();
        var arguments = new CallArguments();
        if (stream.Current.IsOperator("(")) arguments = Arguments();
        else if (StartsTestArgument(stream.Current)) arguments.Positional.Add(Postfix(Primary()));
        Expression test = new TestExpression(value, name, arguments, line);
        return negated ? new NotExpression(test) : test;
    }

    private bool StartsTestArgument(Token token)
    {
        if (token.IsName("is")) throw new TemplateException("tests with 'is' cannot be chained", stream.Line);
        return token.Kind is TokenKind.String or TokenKind.Number
            || (token.Kind == TokenKind.Name && token.Text is not ("else" or "or" or "and"))
            || token is { Kind: TokenKind.Operator, Text: "[" or "{" };
    }

    private string DottedName()
    {
        var name = stream.Expect(TokenKind.Name, "a name").Text;
        while (stream.SkipOperator(".")) name += "." + stream.Expect(TokenKind.Name, "a name").Text;
        return name;
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            if (stream.SkipOperator(".")) value = Member(value);
            else if (stream.SkipOperator("[")) value = Subscript(value);
            else if (stream.Current.IsOperator("(")) value = new CallExpression(value, Arguments());
            else return value;
        }
    }

    private Expression Member(Expression value)
    {
        var token = stream.Take();
        if (token.Kind == TokenKind.Name) return new AttributeExpression(value, token.Text);
        if (token.Kind == TokenKind.Number && Number.IsInteger(token.Value)) return new ItemExpression(value, new Constant(token.Value));
        throw new TemplateException($"expected a name or a number behind '.', found '{token}'", token.Line);
    }

    private Expression Subscript(Expression value)
    {
        var line = stream.Line;
        var items = new List<Expression>();
        while (!stream.Current.IsOperator("]"))
        {
            if (items.Count > 0) stream.ExpectOperator(",");
            items.Add(Subscribed());
        }

        stream.ExpectOperator("]");
        if (items.Count == 1) return items[0] is SliceExpression slice ? slice.Of(value) : new ItemExpression(value, items[0]);
        if (items.Exists(item => item is SliceExpression)) throw new TemplateException("a slice within a tuple of indices is not supported", line);
        return new ItemExpression(value, new TupleExpression([.. items]));
    }

    private Expression Subscribed()
    {
        var start = stream.Current.IsOperator(":") ? null : Expression();
        if (!stream.SkipOperator(":")) return start!;
        var stop = EndsSlicePart() ? null : Expression();
        var step = stream.SkipOperator(":") && !EndsSlicePart() ? Expression() : null;
        return new SliceExpression(start, stop, step);
    }

    private bool EndsSlicePart() => stream.Current is { Kind: TokenKind.Operator, Text: ":" or "]" or "," };

    private Expression Primary()
    {
        Guard.Depth();
        var token = stream.Take();
        switch (token)
        {
            case { Kind: TokenKind.Name }:
                return token.Text switch
                {
                    "true" or "True" => new Constant(true),
                    "false" or "False" => new Constant(false),
                    "none" or "None" => new Constant(null),
                    _ => new NameExpression(token.Text),
                };
            case { Kind: TokenKind.String }:
                var text = token.Text;
                while (stream.Current.Kind == TokenKind.String) text += stream.Take().Text;
                return new Constant(text);
            case { Kind: TokenKind.Number }:
                return new Constant(token.Value);
            case { Kind: TokenKind.Operator, Text: "(" }:
                var inner = Tuple(parenthesized: true);
                stream.ExpectOperator(")");
                return inner;
            case { Kind: TokenKind.Operator, Text: "[" }:
                return new ListExpression([.. Items("]", () => Expression())]);
            case { Kind: TokenKind.Operator, Text: "{" }:
                return new DictExpression([.. Items("}", Pair)]);
            default:
                throw new TemplateException($"unexpected '{token}'", token.Line);
        }
    }

    private (Expression, Expression) Pair()
    {
        var key = Expression();
        stream.ExpectOperator(":");
        return (key, Expression());
    }

    private List<T> Items<T>(string end, Func<T> parse)
    {
        var items = new List<T>();
        while (!stream.Current.IsOperator(end))
        {
            if (items.Count > 0) stream.ExpectOperator(",");
            if (stream.Current.IsOperator(end)) break;
            items.Add(parse());
        }

        stream.ExpectOperator(end);
        return items;
    }
}
