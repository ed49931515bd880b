using System.Text.Json;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Decoding;

/// <summary>The form of the bytes that engines of every release send tells the release.</summary>
public sealed class WireFormTests
{
    private readonly KvEventDecoder _decoder = new();
    private readonly KvEventBatch _batch = new();

    [Theory]
    [InlineData("v0.10.0", "vLLM v0.10.0 to v0.10.1, or SGLang")]
    [InlineData("v0.10.2", "vLLM v0.10.2 to v0.13, or SGLang")]
    [InlineData("v0.14.0", "vLLM v0.14 to v0.16")]
    [InlineData("v0.17.0", "vLLM v0.17 to v0.19")]
    [InlineData("v0.20.0", "vLLM v0.20 to v0.21")]
    [InlineData("v0.22.0", "vLLM v0.22 to v0.23")]
    [InlineData("v0.24.0", "vLLM v0.24 on")]
    public void Era_BytesOfARelease_NamesIt(string release, string era)
    {
        var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Oracles, "vectors.json"))).RootElement.GetProperty("wire_events").GetProperty("hex");

        var form = FormOf(Convert.FromHexString(golden.GetProperty(release).GetProperty("store_first").GetString()!));

        Assert.Equal((era, HashForm.Integers), (form.Era, form.Hashes));
    }

    [Fact]
    public void Hashes_DigestsAndNegativeIntegers_AreToldApart()
    {
        Assert.Equal(HashForm.Bytes, FormOfEvent(Stored(new byte[32])).Hashes);
        Assert.Equal(HashForm.SignedIntegers, FormOfEvent(Stored(3, -5, 7)).Hashes);
        Assert.Equal("SGLang", FormOfEvent(Stored(3, -5, 7)).Era);
        Assert.Equal("SGLang", FormOfEvent(new object?[] { "BlockStored", new object?[] { 3 }, 1, new object?[] { 9 }, 1, null, MsgPack.Map(("cache_salt", "s")) }).Era);
    }

    [Fact]
    public void Wire_BatchWithoutBlocksStored_IsUnknown()
    {
        Assert.False(FormOf(MsgPack.Batch(MsgPack.Removed(1, 2), MsgPack.Cleared)).IsKnown);
        Assert.Equal("", default(WireForm).Era);
    }

    [Fact]
    public void Unpack_OfPack_IsTheSame()
    {
        WireForm[] forms = [default, FormOfEvent(Stored(new byte[32])), FormOfEvent(Stored(-1)) with { IsSglang = true }, FormOfEvent(MsgPack.Stored([1], null, [1], 1))];
        Assert.All(forms, form => Assert.Equal(form, WireForm.Unpack(form.Pack())));
    }

    private static object?[] Stored(params object?[] hashes) => ["BlockStored", hashes, null, hashes.Select(_ => (object?)1).ToArray(), 1, null, "GPU"];

    private WireForm FormOfEvent(object? e) => FormOf(MsgPack.Batch([e]));

    private WireForm FormOf(byte[] payload)
    {
        Assert.True(_decoder.TryDecode(payload, _batch, out var error), error.ToString());
        return _batch.Wire;
    }
}
