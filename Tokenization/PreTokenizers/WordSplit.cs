using static OrleansKvRouter.Tokenization.PreTokenizers.CharacterClass;

namespace OrleansKvRouter.Tokenization.PreTokenizers;

/// <summary>
/// The split pattern of the Qwen and Llama 3 families, by hand. A file names it by its regular expression, and only
/// the very expressions of <see cref="DigitsByPattern"/> are taken for it:
/// <code>
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)    a contraction; oniguruma folds U+017F (long s) to s
/// [^\r\n\p{L}\p{N}]?\p{L}+        letters, with one leading character that is neither letter, number nor newline
/// \p{N} or \p{N}{1,3}             numbers
/// ␠?[^\s\p{L}\p{N}]+[\r\n]*       other characters, with a leading space and the newlines behind them
/// \s*[\r\n]+                      white space up to its last newline
/// \s+(?!\S)                       white space but for its last character, or all of it at the end of the text
/// \s+                             white space
/// </code>
/// </summary>
internal sealed class WordSplit(int maxDigits) : IPreTokenizer
{
    private const string Before = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Behind = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The expressions that this class splits by, and how many numbers each puts in one word.</summary>
    public static IReadOnlyDictionary<string, int> DigitsByPattern { get; } = new Dictionary<string, int>
    {
        [Before + @"\p{N}" + Behind] = 1,
        [Before + @"\p{N}{1,3}" + Behind] = 3,
    };

    public int WordEnd(ReadOnlySpan<byte> text, int start)
    {
        var first = CharacterClasses.At(text, start, out var length);
        var next = start + length;
        if (first == Letter) return LettersEnd(text, next);
        if (first == Number) return NumbersEnd(text, next);
        if (first == Newline) return WhiteSpaceEnd(text, start);
        if (text[start] == '\'' && ContractionEnd(text, next) is var end and > 0) return end;

        var second = next < text.Length ? CharacterClasses.At(text, next, out length) : Newline;
        if (second == Letter) return LettersEnd(text, next + length);
        if (first == Other) return OthersEnd(text, next);
        return text[start] == ' ' && second == Other ? OthersEnd(text, next + length) : WhiteSpaceEnd(text, start);
    }

    /// <summary>Behind a contraction whose apostrophe ends at <paramref name="at"/>; -1 where there is none.</summary>
    private static int ContractionEnd(ReadOnlySpan<byte> text, int at)
    {
        if (at >= text.Length) return -1;
        var first = text[at] | 0x20;
        if (first is 's' or 't' or 'm' or 'd') return at + 1;
        if (at + 1 >= text.Length) return -1;
        if (text[at..].StartsWith("\u017F"u8)) return at + 2;
        var second = text[at + 1] | 0x20;
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 2 : -1;
    }

    private static int LettersEnd(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && CharacterClasses.At(text, at, out var length) == Letter) at += length;
        return at;
    }

    private int NumbersEnd(ReadOnlySpan<byte> text, int at)
    {
        for (var count = 1; count < maxDigits && at < text.Length; count++)
        {
            if (CharacterClasses.At(text, at, out var length) != Number) break;
            at += length;
        }

        return at;
    }

    private static int OthersEnd(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && CharacterClasses.At(text, at, out var length) == Other) at += length;
        while (at < text.Length && text[at] is (byte)'\r' or (byte)'\n') at++;
        return at;
    }

    private static int WhiteSpaceEnd(ReadOnlySpan<byte> text, int start)
    {
        var (at, last, newlinesEnd) = (start, start, 0);
        while (at < text.Length)
        {
            var found = CharacterClasses.At(text, at, out var length);
            if (found is not (Space or Newline)) break;
            last = at;
            at += length;
            if (found == Newline) newlinesEnd = at;
        }

        if (newlinesEnd > 0) return newlinesEnd;
        return at == text.Length || last == start ? at : last;
    }
}
