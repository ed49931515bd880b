using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>Python's split, partition and find.</summary>
internal static class TextSplitting
{
    public static PyList Split(string text, Arguments arguments, bool fromRight)
    {
        var bound = arguments.Bind("split", "sep", "maxsplit");
        var most = ReferenceEquals(bound[1], Undefined.Missing) ? -1 : Number.ToLong(bound[1]);
        if (most < 0) most = long.MaxValue;
        if (bound[0] is null || ReferenceEquals(bound[0], Undefined.Missing)) return new PyList(fromRight ? WordsFromRight(text, most) : Words(text, most));
        var separator = Text.Require(bound[0], "must be str or None");
        if (separator.Length == 0) throw new TemplateException("empty separator");
        return new PyList(fromRight ? PartsFromRight(text, separator, most) : Parts(text, separator, most));
    }

    public static PyTuple Partition(string text, Arguments arguments, bool fromRight)
    {
        var separator = Text.Require(arguments.Bind("partition", "sep")[0], "must be str");
        if (separator.Length == 0) throw new TemplateException("empty separator");
        var at = fromRight ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0) return fromRight ? new PyTuple("", "", text) : new PyTuple(text, "", "");
        return new PyTuple(text[..at], separator, text[(at + separator.Length)..]);
    }

    /// <summary>Position in code points of the first or last occurrence; -1 where there is none.</summary>
    public static long Find(string text, Arguments arguments, bool fromRight)
    {
        var bound = arguments.Bind("find", "sub", "start", "end");
        var wanted = Text.Require(bound[0], "must be str");
        var start = ReferenceEquals(bound[1], Undefined.Missing) ? null : bound[1];
        var end = ReferenceEquals(bound[2], Undefined.Missing) ? null : bound[2];
        var whole = Text.Length(text);
        var part = start is null && end is null ? text : (string)Slices.Of(text, start, end, null);
        var at = fromRight ? part.LastIndexOf(wanted, StringComparison.Ordinal) : part.IndexOf(wanted, StringComparison.Ordinal);
        if (at < 0) return -1;
        var skipped = start is null ? 0 : Text.Length((string)Slices.Of(text, null, start, null));
        return start is not null && Number.ToLong(start) > whole ? -1 : skipped + Text.Length(part[..at]);
    }

    public static long Count(string text, string wanted)
    {
        if (wanted.Length == 0) return Text.Length(text) + 1;
        return text.AsSpan().Count(wanted);
    }

    private static object?[] Parts(string text, string separator, long most)
    {
        var parts = new List<object?>();
        var start = 0;
        for (var at = text.IndexOf(separator, StringComparison.Ordinal); at >= 0 && parts.Count < most; at = text.IndexOf(separator, start, StringComparison.Ordinal))
        {
            parts.Add(text[start..at]);
            start = at + separator.Length;
        }

        parts.Add(start == 0 ? text : text[start..]);
        return [.. parts];
    }

    private static object?[] PartsFromRight(string text, string separator, long most)
    {
        var parts = new List<object?>();
        var end = text.Length;
        while (parts.Count < most && text.AsSpan(0, end).LastIndexOf(separator) is >= 0 and var at)
        {
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return [.. parts];
    }

    private static object?[] Words(string text, long most)
    {
        var words = new List<object?>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && Text.IsSpace(text[at])) at++;
            if (at == text.Length) return [.. words];
            var start = at;
            if (words.Count == most)
            {
                words.Add(text[start..]);
                return [.. words];
            }

            while (at < text.Length && !Text.IsSpace(text[at])) at++;
            words.Add(text[start..at]);
        }
    }

    private static object?[] WordsFromRight(string text, long most)
    {
        var words = new List<object?>();
        var at = text.Length;
        while (true)
        {
            while (at > 0 && Text.IsSpace(text[at - 1])) at--;
            if (at == 0) break;
            var end = at;
            if (words.Count == most)
            {
                words.Add(text[..end]);
                break;
            }

            while (at > 0 && !Text.IsSpace(text[at - 1])) at--;
            words.Add(text[at..end]);
        }

        words.Reverse();
        return [.. words];
    }
}

/// <summary>str.format: {}, {0}, {name}, with attributes, items and !r or !s; a format spec is refused.</summary>
internal static class BraceFormat
{
    public static string Apply(string format, Arguments arguments)
    {
        var into = new System.Text.StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            var c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c) i++;
            else if (c == '}') throw new TemplateException("Single '}' encountered in format string");
            else if (c == '{')
            {
                var end = format.IndexOf('}', i);
                if (end < 0) throw new TemplateException("expected '}' before end of string");
                into.Append(Field(format[(i + 1)..end], arguments, ref next));
                Guard.Length(into.Length);
                i = end;
                continue;
            }

            into.Append(c);
        }

        return into.ToString();
    }

    private static string Field(string field, Arguments arguments, ref int next)
    {
        if (field.Contains(':', StringComparison.Ordinal) || field.Contains('{', StringComparison.Ordinal)) throw new TemplateException($"the format field '{field}' is not supported");
        var conversion = field.IndexOf('!', StringComparison.Ordinal);
        var path = conversion < 0 ? field : field[..conversion];
        var first = path.IndexOfAny(['.', '[']) is >= 0 and var at ? path[..at] : path;
        object? value;
        if (first.Length == 0 || first.All(char.IsAsciiDigit))
        {
            var index = first.Length == 0 ? next++ : int.TryParse(first, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
            value = index < arguments.Positional.Length ? arguments.Positional[index] : throw new TemplateException($"Replacement index {index} out of range for positional args tuple");
        }
        else
        {
            var named = Array.FindLast(arguments.Named, argument => argument.Name == first);
            value = named.Name is null ? throw new TemplateException($"format: no argument '{first}'") : named.Value;
        }

        foreach (var step in path[first.Length..].Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
        {
            var key = step.TrimEnd(']');
            value = Members.Item(value, key.All(char.IsAsciiDigit) && long.TryParse(key, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : key);
        }

        return conversion >= 0 && field[(conversion + 1)..] == "r" ? Text.Repr(value) : Text.Str(value);
    }
}
