using System.Text.Json;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.Tokenization;

/// <summary>The golden ids of <c>tests/oracles/vectors.json</c>, taken from Hugging Face tokenizers and a running engine.</summary>
public sealed class GoldenTokenTests
{
    [Fact]
    public void Encode_RenderedChats_EqualsGoldenIds()
    {
        Assert.True(TokenizerFile.Load(Path.Combine(Repository.Qwen3, "tokenizer.json")).Try(out var tokenizer, out var fault), fault?.ToString());
        using var vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Oracles, "vectors.json")));
        var cases = vectors.RootElement.GetProperty("tokenization_qwen3").GetProperty("cases").EnumerateObject().ToList();

        Assert.NotEmpty(cases);
        foreach (var golden in cases)
        {
            var ids = new TokenBuffer();
            tokenizer.Encode(golden.Value.GetProperty("text").GetString(), addSpecialTokens: false, ids);
            Assert.Equal(golden.Value.GetProperty("ids").EnumerateArray().Select(id => id.GetUInt32()), ids.Ids.ToArray());
        }
    }
}
