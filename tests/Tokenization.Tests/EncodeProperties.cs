using System.Text;
using FsCheck.Fluent;
using FsCheck.Xunit;
using FsCheck;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization.Normalizers;

namespace OrleansKvRouter.Tests.Tokenization;

/// <summary>What holds for any string, those that are no valid UTF-16 among them.</summary>
public sealed class EncodeProperties
{
    [Property(MaxTest = 2000)]
    public void DecodeOfEncode_AnyText_IsItsNormalForm(string? text)
    {
        text ??= "";
        var valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        var normal = new NfcNormalizer().Normalize(valid, new CharBuffer()).ToString();
        Assert.Equal(normal, Tokenizers.Qwen3.Decode(Tokenizers.Qwen3.Ids(text)));
    }

    [Fact]
    public async Task Encode_AnyText_EqualsHuggingFace()
    {
        var texts = ArbMap.Default.GeneratorFor<string>().Where(t => t is not null).Sample(2000, 60).ToArray();
        await using var huggingFace = new HuggingFace(Tokenizers.Qwen3File);
        Tokenizers.Qwen3.AssertSameIds(texts, await huggingFace.EncodeAsync(texts));
    }
}
