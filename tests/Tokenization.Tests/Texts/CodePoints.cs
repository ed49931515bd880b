using System.Text;

namespace OrleansKvRouter.Tests.Tokenization.Texts;

internal static class CodePoints
{
    /// <summary>Every code point of the planes that have characters (0 to 3 and 14) and some of the others, as strings.</summary>
    public static IEnumerable<string> All { get; } =
        [.. Enumerable.Range(0, 0x110000).Where(c => c < 0x40000 || c >> 16 == 14 || c % 61 == 0).Where(Rune.IsValid).Select(c => new Rune(c).ToString())];
}
