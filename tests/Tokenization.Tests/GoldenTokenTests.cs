using System.Text.Json;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Tokenization;

/// <summary>The golden ids of <c>tests/oracles/vectors.json</c>, taken from Hugging Face tokenizers and a running engine.</summary>
public sealed class GoldenTokenTests
{
    [Fact]
    public void Encode_RenderedChats_EqualsGoldenIds()
    {
        using var vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Oracles, "vectors.json")));
        var cases = vectors.RootElement.GetProperty("tokenization_qwen3").GetProperty("cases").EnumerateObject().ToList();

        Assert.NotEmpty(cases);
        foreach (var golden in cases)
        {
            var expected = golden.Value.GetProperty("ids").EnumerateArray().Select(id => id.GetUInt32());
            Assert.Equal(expected, Tokenizers.Qwen3.Ids(golden.Value.GetProperty("text").GetString()!));
        }
    }
}
