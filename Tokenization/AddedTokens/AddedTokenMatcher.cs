using System.Buffers;

namespace OrleansKvRouter.Tokenization.AddedTokens;

/// <summary>Finds added tokens in a text: the leftmost first, the longest of those that start there. Immutable; any thread may use it.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<string> _contents;
    private readonly Dictionary<char, AddedToken[]> _byFirst;

    /// <param name="tokens">The tokens; of two with one content the last counts.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        var distinct = tokens.GroupBy(t => t.Content, StringComparer.Ordinal).Select(g => g.Last()).ToList();
        _contents = SearchValues.Create([.. distinct.Select(t => t.Content)], StringComparison.Ordinal);
        _byFirst = distinct.GroupBy(t => t.Content[0]).ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Content.Length).ToArray());
    }

    /// <summary>Finds the next token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cursor">Where the search stands; starts as default and is moved on.</param>
    /// <param name="plain">The text between the token before and this one; the rest of the text where there is none.</param>
    /// <param name="token">The token; null where there is none.</param>
    public void Next(ReadOnlySpan<char> text, ref Cursor cursor, out ReadOnlySpan<char> plain, out AddedToken? token)
    {
        while (FindContent(text, cursor.Search, out var start) is { } found)
        {
            var end = cursor.Search = start + found.Content.Length;
            if (found.SingleWord && (WordCharacters.EndsWithOne(text[..start]) || WordCharacters.StartsWithOne(text[end..]))) continue;
            if (found.LeftStrip) start = Math.Max(text[..start].TrimEnd().Length, cursor.Plain);
            if (found.RightStrip) end = text.Length - text[end..].TrimStart().Length;
            plain = start > cursor.Plain ? text[cursor.Plain..start] : default;
            token = found;
            cursor.Plain = end;
            return;
        }

        plain = text[cursor.Plain..];
        token = null;
    }

    private AddedToken? FindContent(ReadOnlySpan<char> text, int from, out int start)
    {
        var offset = text[from..].IndexOfAny(_contents);
        start = from + offset;
        if (offset < 0) return null;
        foreach (var token in _byFirst[text[start]])
        {
            if (text[start..].StartsWith(token.Content, StringComparison.Ordinal)) return token;
        }

        return null;
    }

    /// <summary>Where a search stands. The two differ where a token took the white space behind it.</summary>
    internal struct Cursor
    {
        /// <summary>Index from which tokens are looked for.</summary>
        public int Search;

        /// <summary>Index behind what has been handed out.</summary>
        public int Plain;
    }
}
