using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tests.Tokenization.Texts;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.Tokenization;

/// <summary>Qwen3's whole pipeline against Hugging Face tokenizers.</summary>
public sealed class EncodeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Encode_GeneratedTexts_EqualsHuggingFace(bool special)
    {
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        foreach (var texts in new TextGenerator(seed: special ? 2 : 1).Take(3800).Chunk(200))
        {
            Tokenizers.Qwen3.AssertSameIds(texts, await huggingFace.EncodeAsync(texts, special), special);
        }
    }

    [Fact]
    public async Task Encode_LongRunsOfOneCharacter_EqualsHuggingFace()
    {
        string[] texts = [.. from c in new[] { "a", " ", "é", "中", "=", "e\u0301", "xyz", "\u0301", "กำ" } from n in new[] { 63, 64, 65, 2000, 50_000 } select string.Concat(Enumerable.Repeat(c, n))];
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        Tokenizers.Qwen3.AssertSameIds(texts, await huggingFace.EncodeAsync(texts));
    }

    /// <summary>Words that end on both sides of where the cache, the short and the long way of merging change over.</summary>
    [Fact]
    public async Task Encode_WordsOfEveryLength_EqualsHuggingFace()
    {
        var random = new Random(9);
        string[][] letters = [["a", "e", "t", "th", "ing", "str", "ö", "é"], ["中", "文", "的", "是", "缓存", "路由"], ["е", "то", "кэш", "ый"], ["가", "나", "하", "한국"], ["ا", "ل", "م", "و"]];
        var texts = (from alphabet in letters from length in Enumerable.Range(1, 120) select string.Concat(Enumerable.Range(0, length).Select(_ => alphabet[random.Next(alphabet.Length)]))).ToArray();
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        Tokenizers.Qwen3.AssertSameIds(texts, await huggingFace.EncodeAsync(texts));
    }

    [Fact]
    public async Task Encode_MegabyteOfOneLetter_IsNotQuadratic()
    {
        var tokenizer = Tokenizers.Qwen3;
        var ids = new TokenBuffer();

        // It takes less than a second; quadratic time would be hours.
        await Task.Run(() => tokenizer.Encode(new string('a', 1 << 20), false, ids)).WaitAsync(Eventually.Limit);

        Assert.Equal("aaaaaaaa", tokenizer.Decode(ids.Ids[..1]));
    }

    [Fact]
    public async Task Encode_FromManyThreads_EqualsOneThread()
    {
        var texts = new TextGenerator(seed: 4).Take(1500).ToArray();
        var fresh = Tokenizers.Value(TokenizerFile.Load(Tokenizers.Qwen3File));
        var expected = texts.Select(t => Tokenizers.Qwen3.Ids(t)).ToArray();

        await Parallel.ForEachAsync(Enumerable.Range(0, 4), (thread, _) =>
        {
            for (var round = 0; round < 3; round++) fresh.AssertSameIds(texts, expected);
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public async Task Decode_GeneratedTexts_EqualsHuggingFace()
    {
        var ids = new TextGenerator(seed: 5).Take(400).Select(t => Tokenizers.Qwen3.Ids(t)).ToArray();
        // Cut sequences begin and end inside characters.
        ids = [.. ids, .. ids.Where(i => i.Length > 3).Select(i => i[1..^1])];
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        Assert.Equal(await huggingFace.DecodeAsync(ids), ids.Select(i => Tokenizers.Qwen3.Decode(i)));
    }

    [Fact]
    public void Decode_UnknownIds_LeavesThemOut()
    {
        Assert.Equal("Hi", Tokenizers.Qwen3.Decode([13048, 151_669, uint.MaxValue]));
        Assert.Equal(151_669, Tokenizers.Qwen3.VocabularySize);
    }
}
