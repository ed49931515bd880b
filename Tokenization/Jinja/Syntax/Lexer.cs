using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Syntax;

/// <summary>
/// Template text → tokens, as Jinja 3.1 does with <c>trim_blocks</c> and <c>lstrip_blocks</c> on: a newline behind a
/// block or comment goes, white space from the start of the line to a block or comment goes, and so does the
/// template's last newline.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] Operators = ["//", "**", "==", "!=", ">=", "<="];
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private readonly Stack<char> _open = new();
    private int _at;
    private int _line = 1;
    private int _counted;
    private bool _lineStarting = true;

    private Lexer(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = source.EndsWith('\n') ? source[..^1] : source;
    }

    public static List<Token> Tokenize(string source)
    {
        var lexer = new Lexer(source);
        while (lexer._at < lexer._source.Length) lexer.Root();
        lexer.Add(TokenKind.End, "");
        return lexer._tokens;
    }

    private void Root()
    {
        var begin = NextBegin(_at);
        if (begin < 0)
        {
            AddData(_source[_at..]);
            _at = _source.Length;
            return;
        }

        var kind = _source[begin + 1];
        var after = begin + 2;
        var sign = SignAt(after);
        if (sign != '\0') after++;
        var raw = kind == '%' ? RawBegin(after) : -1;
        AddData(Stripped(_source[_at..begin], sign, strippable: kind != '{'));
        (_at, _lineStarting) = (after, false);
        if (raw >= 0) Raw(raw);
        else if (kind == '#') Comment();
        else Expression(kind == '{');
    }

    private int NextBegin(int from)
    {
        for (var at = _source.IndexOf('{', from); at >= 0 && at + 1 < _source.Length; at = _source.IndexOf('{', at + 1))
        {
            if (_source[at + 1] is '{' or '%' or '#') return at;
        }

        return -1;
    }

    private char SignAt(int at) => at < _source.Length && _source[at] is '-' or '+' ? _source[at] : '\0';

    /// <summary>Data in front of a tag, without what the tag's sign or <c>lstrip_blocks</c> takes off its end.</summary>
    private string Stripped(string data, char sign, bool strippable)
    {
        if (sign == '-') return TrimEnd(data);
        if (sign == '+' || !strippable) return data;
        var lineStart = data.LastIndexOf('\n') + 1;
        if (lineStart == 0 && !_lineStarting) return data;
        return data.AsSpan(lineStart).IsEmpty || TrimEnd(data).Length > lineStart ? data : data[..lineStart];
    }

    private static string TrimEnd(string data)
    {
        var end = data.Length;
        while (end > 0 && Text.IsSpace(data[end - 1])) end--;
        return data[..end];
    }

    /// <summary>Where the data of <c>{% raw %}</c> starts; -1 when the block at <paramref name="at"/> is another.</summary>
    private int RawBegin(int at)
    {
        at = SkipSpace(at);
        if (!StartsWith(at, "raw")) return -1;
        at = SkipSpace(at + 3);
        if (StartsWith(at, "-%}")) return SkipSpace(at + 3);
        return StartsWith(at, "%}") ? at + 2 : -1;
    }

    private void Raw(int start)
    {
        _at = start;
        _lineStarting = _source[start - 1] == '\n';
        for (var begin = _source.IndexOf("{%", start, StringComparison.Ordinal); begin >= 0; begin = _source.IndexOf("{%", begin + 1, StringComparison.Ordinal))
        {
            var sign = SignAt(begin + 2);
            var name = SkipSpace(begin + (sign == '\0' ? 2 : 3));
            if (!StartsWith(name, "endraw") || BlockEnd(SkipSpace(name + 6)) is not (>= 0 and var end)) continue;
            AddData(Stripped(_source[start..begin], sign, strippable: true));
            Enter(end);
            return;
        }

        throw Error("missing end of raw directive");
    }

    private void Comment()
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw Error("missing end of comment tag");
        var sign = end > _at ? _source[end - 1] : '\0';
        Enter(AfterTag(end + 2, sign));
    }

    /// <summary>The tokens between <c>{{</c> or <c>{%</c> and their end.</summary>
    private void Expression(bool variable)
    {
        Add(variable ? TokenKind.VariableBegin : TokenKind.BlockBegin, "");
        while (true)
        {
            if (_open.Count == 0 && (variable ? VariableEnd(_at) : BlockEnd(_at)) is >= 0 and var end)
            {
                Add(variable ? TokenKind.VariableEnd : TokenKind.BlockEnd, "");
                Enter(end);
                return;
            }

            if (_at >= _source.Length) throw Error("unexpected end of template inside a tag");
            Next();
        }
    }

    private int VariableEnd(int at) =>
        StartsWith(at, "-}}") ? SkipSpace(at + 3) : StartsWith(at, "}}") ? at + 2 : -1;

    private int BlockEnd(int at)
    {
        var sign = SignAt(at);
        if (sign != '\0') at++;
        return StartsWith(at, "%}") ? AfterTag(at + 2, sign) : -1;
    }

    /// <summary>Where a block's or a comment's end leads: - takes the white space behind it along, + nothing, none a newline.</summary>
    private int AfterTag(int at, char sign)
    {
        if (sign == '-') return SkipSpace(at);
        return sign != '+' && StartsWith(at, "\n") ? at + 1 : at;
    }

    /// <summary>Goes on at <paramref name="at"/>, behind a tag.</summary>
    private void Enter(int at) => (_at, _lineStarting) = (at, _source[at - 1] == '\n');

    private void Next()
    {
        var c = _source[_at];
        if (Text.IsSpace(c))
        {
            _at = SkipSpace(_at);
        }
        else if (char.IsAsciiDigit(c))
        {
            var (value, length) = Literals.NumberAt(_source, _at);
            _tokens.Add(new Token(TokenKind.Number, _source.Substring(_at, length), value, Line()));
            _at += length;
        }
        else if (char.IsLetter(c) || c == '_')
        {
            var end = _at;
            while (end < _source.Length && (char.IsLetterOrDigit(_source[end]) || _source[end] == '_')) end++;
            Add(TokenKind.Name, string.Intern(_source[_at..end]));
            _at = end;
        }
        else if (c is '\'' or '"')
        {
            var (value, length) = Literals.StringAt(_source, _at, Line());
            Add(TokenKind.String, value);
            _at += length;
        }
        else
        {
            Operator(c);
        }
    }

    private void Operator(char c)
    {
        var op = Array.Find(Operators, op => StartsWith(_at, op)) ?? ("+-/*%~[](){}><=.:|,;".Contains(c, StringComparison.Ordinal) ? string.Intern(c.ToString()) : null);
        if (op is null) throw Error($"unexpected char '{c}'");
        if (c is '(' or '[' or '{') _open.Push(c == '(' ? ')' : c == '[' ? ']' : '}');
        if (c is ')' or ']' or '}')
        {
            if (!_open.TryPop(out var expected)) throw Error($"unexpected '{c}'");
            if (expected != c) throw Error($"unexpected '{c}', expected '{expected}'");
        }

        Add(TokenKind.Operator, op);
        _at += op.Length;
    }

    private int SkipSpace(int at)
    {
        while (at < _source.Length && Text.IsSpace(_source[at])) at++;
        return at;
    }

    private bool StartsWith(int at, string text) => string.CompareOrdinal(_source, at, text, 0, text.Length) == 0;

    private void AddData(string data)
    {
        if (data.Length > 0) Add(TokenKind.Data, data);
    }

    private void Add(TokenKind kind, string text) => _tokens.Add(new Token(kind, text, null, Line()));

    private int Line()
    {
        var upTo = Math.Min(_at, _source.Length);
        _line += _source.AsSpan(_counted, upTo - _counted).Count('\n');
        _counted = upTo;
        return _line;
    }

    private TemplateException Error(string what) => new(what, Line());
}
