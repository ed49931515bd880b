using System.Globalization;

namespace OrleansKvRouter.Tokenization.PreTokenizers;

/// <summary>The classes that the split patterns tell apart.</summary>
internal enum CharacterClass : byte
{
    /// <summary><c>[^\s\p{L}\p{N}]</c></summary>
    Other,

    /// <summary><c>\p{L}</c></summary>
    Letter,

    /// <summary><c>\p{N}</c></summary>
    Number,

    /// <summary><c>\s</c> without CR and LF</summary>
    Space,

    /// <summary><c>[\r\n]</c></summary>
    Newline,
}

/// <summary>
/// Class of every code point. .NET 10 and the regex engine of Hugging Face tokenizers 0.22 (oniguruma) both know
/// Unicode 16 and agree on every code point; a test compares them all.
/// </summary>
internal static class CharacterClasses
{
    private const int PageSize = 256;
    private static readonly CharacterClass[][] Pages = BuildPages();
    private static readonly CharacterClass[] FirstPage = Pages[0];

    /// <summary>The class of the code point that starts at <paramref name="at"/>, and its length in bytes.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">Index of the code point's first byte, less than the text's length.</param>
    /// <param name="length">1 to 4.</param>
    public static CharacterClass At(ReadOnlySpan<byte> text, int at, out int length)
    {
        int lead = text[at];
        if (lead < 0x80)
        {
            length = 1;
            return FirstPage[lead];
        }

        return AtMultibyte(text[at..], lead, out length);
    }

    private static CharacterClass AtMultibyte(ReadOnlySpan<byte> sequence, int lead, out int length)
    {
        int codePoint;
        if (lead < 0xE0)
        {
            length = 2;
            codePoint = (lead & 0x1F) << 6 | (sequence[1] & 0x3F);
        }
        else if (lead < 0xF0)
        {
            length = 3;
            codePoint = (lead & 0x0F) << 12 | (sequence[1] & 0x3F) << 6 | (sequence[2] & 0x3F);
        }
        else
        {
            length = 4;
            codePoint = (lead & 0x07) << 18 | (sequence[1] & 0x3F) << 12 | (sequence[2] & 0x3F) << 6 | (sequence[3] & 0x3F);
        }

        return Pages[codePoint / PageSize][codePoint % PageSize];
    }

    /// <summary>Pages that are one class throughout, most of the code space, share one array per class.</summary>
    private static CharacterClass[][] BuildPages()
    {
        var pages = new CharacterClass[0x110000 / PageSize][];
        var uniform = new Dictionary<CharacterClass, CharacterClass[]>();
        for (var page = 0; page < pages.Length; page++)
        {
            var classes = new CharacterClass[PageSize];
            for (var i = 0; i < PageSize; i++) classes[i] = Classify(page * PageSize + i);
            if (classes.AsSpan().ContainsAnyExcept(classes[0])) pages[page] = classes;
            else pages[page] = uniform.TryAdd(classes[0], classes) ? classes : uniform[classes[0]];
        }

        return pages;
    }

    private static CharacterClass Classify(int codePoint)
    {
        if (codePoint is '\r' or '\n') return CharacterClass.Newline;
        if (codePoint <= char.MaxValue && char.IsWhiteSpace((char)codePoint)) return CharacterClass.Space;
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
