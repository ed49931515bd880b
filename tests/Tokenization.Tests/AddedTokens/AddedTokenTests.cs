using OrleansKvRouter.Tests.Tokenization.Texts;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.AddedTokens;

namespace OrleansKvRouter.Tests.Tokenization.AddedTokens;

/// <summary>Every flag of an added token against Hugging Face tokenizers.</summary>
public sealed class AddedTokenTests
{
    private static readonly string[] Pieces =
    [
        "<a>", "<ab>", "<a", "b>", "LEFT", "RIGHT", "BOTH", "WORD", "ångström", "a\u030Angstro\u0308m", "å", "X Y", "X", "Y", " ", "  ", "\n", "\t", "\u00A0", "\u3000", "hello", "_", "-", "1", "é", "\u0301", "\u200D", "中", "Ⓐ", "end",
    ];

    [Fact]
    public async Task Encode_TokensOfEveryKind_EqualsHuggingFace()
    {
        using var file = new SmallTokenizer()
            .AddToken(264, "<a>").AddToken(265, "<ab>").AddToken(266, "<a><ab>").AddToken(267, "LEFT", left: true).AddToken(268, "RIGHT", right: true)
            .AddToken(269, "BOTH", left: true, right: true, single: true).AddToken(270, "WORD", single: true).AddToken(271, "ångström", normalized: true)
            .AddToken(272, "X Y", normalized: true, right: true).AddToken(273, "  X").AddToken(900, "hello").AddToken(901, "end").AddToken(902, "<a>", left: true);
        var random = new Random(1);
        string[] texts = [.. Enumerable.Range(0, 3000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => Pieces[random.Next(Pieces.Length)])))];
        var tokenizer = Tokenizers.Value(TokenizerFile.Load(file.Save()));
        await using var huggingFace = new HuggingFace(file.Path);

        tokenizer.AssertSameIds(texts, await huggingFace.EncodeAsync(texts));
    }

    [Fact]
    public async Task IsWordCharacter_EveryCodePoint_EqualsRustRegex()
    {
        using var file = new SmallTokenizer().AddToken(264, "WORD", single: true);
        string[] texts = [.. CodePoints.All.Where(c => c[0] > 0x7F).Chunk(64).Select(cs => string.Concat(cs.Select(c => $"WORD{c}!")))];
        file.Save();
        await using var huggingFace = new HuggingFace(file.Path);

        var ids = await huggingFace.EncodeAsync(texts);
        for (var i = 0; i < texts.Length; i++)
        {
            var alone = texts[i].EnumerateRunes().Count(rune => rune.Value > 0x7F && !WordCharacters.IsOne(rune.Value));
            Assert.True(alone == ids[i].Count(id => id == 264), $"near {(int)texts[i][4]:X4}");
        }
    }
}
