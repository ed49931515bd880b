using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

public sealed class OwnKeysTests
{
    private static readonly MultimodalItem[] Images = [new("img-a", 4, 16), new("img-b", 24, 16)];

    [Fact]
    public void ComputeKeys_KnownTokens_FrozenValues()
    {
        // Snapshots and other nodes hold such keys: they must not change. Computed with python-xxhash.
        var extra = new KeyExtras("lora", "salt") { Items = Images };
        uint[] tokens = [.. Enumerable.Range(1, 48).Select(i => (uint)i)];

        Assert.Equal<ulong>([9577107104117338186, 4351142372256669092, 1573498742901291513], TestKeys.Compute(OwnKeys.Instance, tokens, 16));
        Assert.Equal<ulong>([8580955843034800071, 13839619825192257694, 10946208553144236000], TestKeys.Compute(OwnKeys.Instance, tokens, 16, extra));
    }

    [Fact]
    public void ComputeNext_EventsKeys_ContinueTheRequestsChain()
    {
        var tokens = TestKeys.Tokens(64);
        var keys = TestKeys.Compute(OwnKeys.Instance, tokens, 16, new KeyExtras("lora", "salt") { Items = Images });
        var buffer = new byte[256];

        var first = new ExtraKeyList(buffer);
        first.AddLora("lora"u8);
        first.AddItem("img-a"u8, 4);
        first.AddText("salt"u8);
        var key = OwnKeys.ComputeNext(null, tokens.AsSpan(0, 16), first);
        Assert.Equal(keys[0], key.Value);

        var second = new ExtraKeyList(buffer);
        second.AddLora("lora"u8);
        second.AddItem("img-a"u8, -12);
        second.AddItem("img-b"u8, 8);
        key = OwnKeys.ComputeNext(key, tokens.AsSpan(16, 16), second);
        Assert.Equal(keys[1], key.Value);

        var third = new ExtraKeyList(buffer);
        third.AddLora("lora"u8);
        third.AddItem("img-b"u8, -8);
        key = OwnKeys.ComputeNext(key, tokens.AsSpan(32, 16), third);
        Assert.Equal(keys[2], key.Value);
    }

    [Fact]
    public void ComputeKeys_DifferentExtras_NeverMeet()
    {
        var tokens = TestKeys.Tokens(64);
        KeyExtras[] all =
        [
            default, new("a", null), new(null, "a"), new("a", "a"), new("aa", null), new(null, "aa"),
            new(null, null) { Items = Images },
            new(null, null) { Items = Images, Era = ExtraKeyEra.Bare },
            new(null, null) { Items = new[] { new MultimodalItem("img-a", 5, 16) } },
            new(null, null) { LoraNumber = 7, Era = ExtraKeyEra.Numbered },
            new(null, null) { EmbeddingDigests = new byte[128] },
        ];
        var keys = all.SelectMany(extra => TestKeys.Compute(OwnKeys.Instance, tokens, 16, extra).Take(2)).ToArray();

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void ComputeNext_ExtraKeysAsTokens_OtherKey()
    {
        var list = new ExtraKeyList(new byte[64]);
        list.AddText("1234567");
        var block = TestKeys.Tokens(16);
        var bytes = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(list.Bytes);

        var asExtras = OwnKeys.ComputeNext(null, block, list);
        var asBlock = OwnKeys.ComputeNext(OwnKeys.ComputeNext(null, block, default), bytes, default);

        Assert.NotEqual(asExtras, asBlock);
    }
}
