using System.Text;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tests.Tokenization.Texts;
using OrleansKvRouter.Tokenization.Normalizers;

namespace OrleansKvRouter.Tests.Tokenization.Normalizers;

/// <summary>Our NFC against the one of Hugging Face tokenizers, which knows Unicode 9.</summary>
public sealed class NfcNormalizerTests
{
    /// <summary>Before and behind each code point: nothing, a base letter, marks of the lowest and of high classes, jamo.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "\u0301")]
    [InlineData("e\u0345", "\u0334")]
    [InlineData("\u1112", "\u11AB")]
    [InlineData("\uAC00\u05AE", "\u302A\u0315")]
    public async Task Normalize_EveryCodePoint_EqualsHuggingFace(string before, string behind)
    {
        var text = string.Concat(CodePoints.All.Select(c => $"{before}{c}{behind}\n"));
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        var expected = Assert.Single(await huggingFace.NfcAsync(text));
        var actual = Nfc(text);
        if (actual == expected) return;
        Assert.Equal(expected.Split('\n'), actual.Split('\n'));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Normalize_RandomCharactersThatCompose_EqualsHuggingFace()
    {
        var random = new Random(1);
        var active = Enumerable.Range(0, 0x30000).Where(Rune.IsValid)
            .Where(c => !CanonicalData.IsInertCodePoint(c) || CanonicalData.Decomposition(c) is not null || Hangul.IsSyllable(c) && c % 7 == 0 || c is 'a' or 'e' or 0x1100)
            .Select(c => new Rune(c).ToString()).ToArray();
        var texts = Enumerable.Range(0, 5000)
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => active[random.Next(active.Length)]))).ToArray();
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        Assert.Equal(await huggingFace.NfcAsync(texts), texts.Select(Nfc));
    }

    [Fact]
    public async Task Normalize_GeneratedTexts_EqualsHuggingFace()
    {
        var texts = new TextGenerator(seed: 6).Take(1900).Select(t => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(t))).ToArray();
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        Assert.Equal(await huggingFace.NfcAsync(texts), texts.Select(Nfc));
    }

    [Fact]
    public void Normalize_NormalText_ReturnsItself()
    {
        const string text = "Plain text, naïve café, Straße, 中文，한국어 😀";
        var normal = new NfcNormalizer().Normalize(text, new CharBuffer());
        Assert.True(normal == text.AsSpan());
    }

    private static string Nfc(string text) => new NfcNormalizer().Normalize(text, new CharBuffer()).ToString();
}
