using OrleansKvRouter.Tokenization.Jinja.Nodes;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Syntax;

/// <summary>Jinja's statements. Tags that a chat template has no use for (include, import, extends, block, autoescape) are refused by name.</summary>
internal sealed class TemplateParser
{
    private readonly TokenStream _stream;
    private readonly ExpressionParser _expressions;

    /// <summary>How many loops a break at this place could leave.</summary>
    private int _loops;

    private TemplateParser(string source)
    {
        _stream = new TokenStream(Lexer.Tokenize(source));
        _expressions = new ExpressionParser(_stream);
    }

    public static Statement[] Parse(string source) => new TemplateParser(source).Body([]);

    /// <summary>Statements up to one of the tags in <paramref name="ends"/>, whose name is then the current token; up to the template's end where there are none.</summary>
    private Statement[] Body(string[] ends)
    {
        Guard.Depth();
        var body = new List<Statement>();
        while (_stream.Current.Kind != TokenKind.End)
        {
            var token = _stream.Take();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new DataStatement(token.Text));
                    break;
                case TokenKind.VariableBegin:
                    body.Add(new OutputStatement(_expressions.Tuple(), token.Line));
                    _stream.Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                default:
                    if (_stream.Current.Kind == TokenKind.Name && Array.IndexOf(ends, _stream.Current.Text) >= 0) return [.. body];
                    body.Add(Statement());
                    _stream.Expect(TokenKind.BlockEnd, "'%}'");
                    break;
            }
        }

        return ends.Length == 0 ? [.. body] : throw new TemplateException($"the template ends where {string.Join(" or ", ends)} was expected", _stream.Line);
    }

    /// <summary>The rest of a tag, then its body; the end tag's name is taken.</summary>
    private Statement[] Block(string end, out string ended, params string[] others)
    {
        _stream.SkipOperator(":");
        _stream.Expect(TokenKind.BlockEnd, "'%}'");
        var body = Body([end, .. others]);
        ended = _stream.Take().Text;
        return body;
    }

    private Statement[] Block(string end) => Block(end, out _);

    /// <summary>A body that runs as a function of its own: it cannot leave the loops around it.</summary>
    private Statement[] Callee(string end)
    {
        var outside = _loops;
        _loops = 0;
        var body = Block(end);
        _loops = outside;
        return body;
    }

    private Statement Statement()
    {
        var tag = _stream.Expect(TokenKind.Name, "a tag's name");
        var line = tag.Line;
        switch (tag.Text)
        {
            case "if":
                return If(line);
            case "for":
                return For(line);
            case "set":
                return Set(line);
            case "macro":
                return Macro(line);
            case "call":
                return Call(line);
            case "filter":
                var hole = new CapturedText();
                var filter = _expressions.Filters(hole, first: true);
                return new FilterStatement(hole, filter, Block("endfilter"), line);
            case "with":
                return With(line);
            case "print":
                return Print(line);
            case "generation":
                // Hugging Face's tag that marks what the model wrote; it prints its body.
                return new WithStatement([], Callee("endgeneration"), line);
            case "break" or "continue":
                if (_loops == 0) throw new TemplateException($"'{tag.Text}' outside loop", line);
                return new JumpStatement(tag.Text == "break" ? Flow.Break : Flow.Continue);
            case "include" or "import" or "from" or "extends" or "block" or "autoescape":
                throw new TemplateException($"the tag '{tag.Text}' is not supported", line);
            default:
                throw new TemplateException($"unknown tag '{tag.Text}'", line);
        }
    }

    private IfStatement If(int line)
    {
        var test = _expressions.Tuple(conditional: false);
        var body = Block("endif", out var ended, "elif", "else");
        Statement[] otherwise = [];
        if (ended == "elif") otherwise = [If(_stream.Line)];
        else if (ended == "else") otherwise = Block("endif");
        return new IfStatement(test, body, otherwise, line);
    }

    private ForStatement For(int line)
    {
        var target = _expressions.Target(ends: token => token.IsName("in"));
        var names = new HashSet<string>();
        Targets.Collect(target, names);
        if (names.Contains("loop")) throw new TemplateException("the target of a loop cannot be named 'loop'", line);
        _stream.ExpectName("in");
        var items = _expressions.Tuple(conditional: false, ends: token => token.IsName("recursive"));
        var test = _stream.SkipName("if") ? _expressions.Expression() : null;
        var recursive = _stream.SkipName("recursive");
        _loops++;
        var body = Block("endfor", out var ended, "else");
        _loops--;
        var otherwise = ended == "else" ? Block("endfor") : [];
        return new ForStatement(target, items, test, recursive, body, otherwise, line);
    }

    private Statement Set(int line)
    {
        if (_stream.Current.Kind == TokenKind.Name && _stream.Ahead.IsOperator("."))
        {
            var name = _stream.Take().Text;
            _stream.Take();
            var attribute = _stream.Expect(TokenKind.Name, "a name").Text;
            return SetTo(new AttributeTarget(new NameExpression(name), attribute), line);
        }

        return SetTo(_expressions.Target(), line);
    }

    private Statement SetTo(Expression target, int line)
    {
        if (_stream.SkipOperator("=")) return new SetStatement(target, _expressions.Tuple(), line);
        var captured = new CapturedText();
        var value = _expressions.Filters(captured);
        return new SetBlockStatement(target, captured, value, Block("endset"), line);
    }

    private MacroStatement Macro(int line)
    {
        var name = _stream.Expect(TokenKind.Name, "the macro's name").Text;
        var parameters = Parameters();
        return new MacroStatement(new MacroDefinition(name, parameters, Callee("endmacro"), line), line);
    }

    private CallStatement Call(int line)
    {
        var parameters = _stream.Current.IsOperator("(") ? Parameters() : [];
        if (_expressions.Expression() is not CallExpression call) throw new TemplateException("the tag 'call' needs a call", line);
        return new CallStatement(call, new MacroDefinition("caller", parameters, Callee("endcall"), line), line);
    }

    private (string, Expression?)[] Parameters()
    {
        var parameters = new List<(string, Expression?)>();
        _stream.ExpectOperator("(");
        while (!_stream.Current.IsOperator(")"))
        {
            if (parameters.Count > 0) _stream.ExpectOperator(",");
            var name = _stream.Expect(TokenKind.Name, "a parameter's name");
            var value = _stream.SkipOperator("=") ? _expressions.Expression() : null;
            if (value is null && parameters.Exists(p => p.Item2 is not null)) throw new TemplateException("non-default argument follows default argument", name.Line);
            parameters.Add((name.Text, value));
        }

        _stream.ExpectOperator(")");
        return [.. parameters];
    }

    private WithStatement With(int line)
    {
        var assignments = new List<(Expression, Expression)>();
        while (_stream.Current.Kind != TokenKind.BlockEnd)
        {
            if (assignments.Count > 0) _stream.ExpectOperator(",");
            var target = _expressions.Target(ends: token => token.IsOperator("="));
            _stream.ExpectOperator("=");
            assignments.Add((target, _expressions.Expression()));
        }

        return new WithStatement([.. assignments], Block("endwith"), line);
    }

    private SequenceStatement Print(int line)
    {
        var printed = new List<Statement>();
        while (_stream.Current.Kind != TokenKind.BlockEnd)
        {
            if (printed.Count > 0) _stream.ExpectOperator(",");
            printed.Add(new OutputStatement(_expressions.Expression(), line));
        }

        return new SequenceStatement([.. printed]);
    }
}
