using System.Globalization;
using System.Text;

namespace OrleansKvRouter.Tokenization.AddedTokens;

/// <summary><c>\w</c> as Rust's regex crate has it: Alphabetic, marks, decimal digits, connectors and the two joiners.</summary>
internal static class WordCharacters
{
    public static bool StartsWithOne(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsOne(rune.Value);

    public static bool EndsWithOne(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsOne(rune.Value);

    public static bool IsOne(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        <= UnicodeCategory.LetterNumber => true,
        UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.Format => codePoint is 0x200C or 0x200D,
        // Circled and squared Latin letters are symbols, and alphabetic all the same.
        UnicodeCategory.OtherSymbol => codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };
}
