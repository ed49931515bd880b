using System.Text;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tests.Tokenization.Texts;
using OrleansKvRouter.Tokenization.PreTokenizers;

namespace OrleansKvRouter.Tests.Tokenization.PreTokenizers;

/// <summary>The split by hand against the regular expressions it stands for, run by the oracle's engine.</summary>
public sealed class WordSplitTests
{
    public static TheoryData<string> Patterns => [.. WordSplit.DigitsByPattern.Keys];

    [Theory]
    [MemberData(nameof(Patterns))]
    public async Task WordEnd_GeneratedTexts_EqualsPattern(string pattern)
    {
        var texts = new TextGenerator(seed: 7).Take(1900).Select(Valid).ToArray();
        await AssertSplitsAsync(pattern, texts);
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public async Task WordEnd_ShortSequencesOfEveryClass_EqualsPattern(string pattern)
    {
        string[] characters = ["a", "中", "1", "½", " ", "\u00A0", "\u3000", "\n", "\r", "!", "\u0301", "'", "s", "L", "😀"];
        var texts = from a in characters from b in characters from c in characters from d in characters where (a[0] + b[0] + c[0] + d[0]) % 3 == 0 select a + b + c + d;
        await AssertSplitsAsync(pattern, [.. texts]);
    }

    /// <summary>Every code point behind an apostrophe: case folding of contractions and every character class in one.</summary>
    [Fact]
    public async Task WordEnd_EveryCodePoint_EqualsPattern()
    {
        var pattern = WordSplit.DigitsByPattern.Keys.First();
        var texts = CodePoints.All.Chunk(4096).Select(cs => string.Concat(cs.Select(c => $"x'{c}!\n{c}a ")));
        await AssertSplitsAsync(pattern, [.. texts]);
    }

    private static async Task AssertSplitsAsync(string pattern, string[] texts)
    {
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        foreach (var batch in texts.Chunk(40))
        {
            var expected = await huggingFace.SplitAsync(pattern, batch);
            for (var i = 0; i < batch.Length; i++)
            {
                var actual = Split(batch[i], WordSplit.DigitsByPattern[pattern]);
                if (!actual.SequenceEqual(expected[i])) Assert.Equal(expected[i], actual);
            }
        }
    }

    private static List<string> Split(string text, int digits)
    {
        var (split, utf8, words) = (new WordSplit(digits), Encoding.UTF8.GetBytes(text), new List<string>());
        for (int start = 0, end; start < utf8.Length; start = end)
        {
            end = split.WordEnd(utf8, start);
            words.Add(Encoding.UTF8.GetString(utf8[start..end]));
        }

        return words;
    }

    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
