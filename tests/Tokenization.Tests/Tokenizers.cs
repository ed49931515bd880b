using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.Tokenization;

/// <summary>Tokenizers that many tests use, loaded once.</summary>
internal static class Tokenizers
{
    public static string Qwen3File { get; } = Path.Combine(Repository.Qwen3, "tokenizer.json");

    public static ITokenizer Qwen3 { get; } = Value(TokenizerFile.Load(Qwen3File));

    public static T Value<T>(Expected<T> expected)
        where T : notnull
    {
        Assert.True(expected.Try(out var value, out var fault), fault?.ToString());
        return value!;
    }

    public static uint[] Ids(this ITokenizer tokenizer, string text, bool special = false)
    {
        var ids = new TokenBuffer();
        tokenizer.Encode(text, special, ids);
        return ids.Ids.ToArray();
    }

    /// <summary>Fails with the first text whose ids differ.</summary>
    public static void AssertSameIds(this ITokenizer tokenizer, IReadOnlyList<string> texts, IReadOnlyList<uint[]> expected, bool special = false)
    {
        Assert.Equal(texts.Count, expected.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            var actual = tokenizer.Ids(texts[i], special);
            if (actual.AsSpan().SequenceEqual(expected[i])) continue;
            var shown = texts[i].Length > 200 ? texts[i][..200] : texts[i];
            var codes = string.Join(' ', shown.Select(c => ((int)c).ToString("X4", System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Fail($"text {i} \"{shown}\" ({codes})\nexpected {string.Join(',', expected[i].Take(100))}\nactual   {string.Join(',', actual.Take(100))}");
        }
    }
}
