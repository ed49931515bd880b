using System.Globalization;
using System.Numerics;
using System.Text.Json;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Keys.Encodings;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

/// <summary>The values in <c>tests/oracles/vectors.json</c>, of which other people's code and vLLM's own gave every one.</summary>
public sealed class GoldenVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Oracles, "vectors.json"))).RootElement;

    private delegate int Writer(Span<byte> to, ReadOnlySpan<byte> parent, ReadOnlySpan<uint> tokens, scoped in ExtraKeyList extras);

    [Fact]
    public void Create_GoldenSeeds_RootsEqual()
    {
        var compared = 0;
        foreach (var vector in Vectors.GetProperty("none_hash").EnumerateArray())
        {
            var seed = vector.GetProperty("pythonhashseed").GetString()!;
            var function = TestKeys.Function(vector.GetProperty("algo").GetString()!, seed.StartsWith("(unset", StringComparison.Ordinal) ? null : seed);

            Assert.Equal(Hex(vector.GetProperty("none_hash")), Convert.ToHexStringLower(function.Root.Bytes));
            compared++;
        }

        Assert.Equal(14, compared);
    }

    [Fact]
    public void ComputeKeys_GoldenChains_KeysAndDigestsEqual()
    {
        var compared = 0;
        foreach (var vector in Vectors.GetProperty("chains").EnumerateArray())
        {
            var function = TestKeys.Function(vector.GetProperty("algo").GetString()!, vector.GetProperty("pythonhashseed").GetString());
            var (tokens, blockSize, extra) = (Tokens(vector.GetProperty("tokens")), vector.GetProperty("block_size").GetInt32(), Extras(vector));
            var expected = vector.GetProperty("wire").EnumerateArray().Select(w => ulong.Parse(w.ToString(), CultureInfo.InvariantCulture));

            Assert.Equal(expected, TestKeys.Compute(function, tokens, blockSize, extra));
            Assert.Equal(vector.GetProperty("hash").EnumerateArray().Select(Hex), TestKeys.Digests(function, tokens, blockSize, extra));
            compared++;
        }

        Assert.Equal(128, compared);
    }

    [Fact]
    public void Write_GoldenEncodings_SameBytes()
    {
        var compared = 0;
        foreach (var vector in Vectors.GetProperty("encodings").EnumerateArray())
        {
            if (!vector.TryGetProperty("tokens", out var tokens)) continue;
            var text = vector.GetProperty("parent").GetString()!;
            var isDigest = vector.TryGetProperty("pickle5_hex", out var pickle);
            var parent = isDigest ? Convert.FromHexString(text) : BigInteger.Parse(text, CultureInfo.InvariantCulture).ToByteArray(isUnsigned: true, isBigEndian: true);
            var extras = vector.GetProperty("extra").GetString()!;

            Assert.Equal(vector.GetProperty("cbor_hex").GetString(), Written(isDigest ? CborBlock.Write : ShortCborBlock.Write, parent, Tokens(tokens), extras));
            if (isDigest) Assert.Equal(pickle.GetString(), Written(PickleBlock.Write, parent, Tokens(tokens), extras));
            compared++;
        }

        Assert.Equal(6, compared);
    }

    [Theory]
    [InlineData("42", "623432", "80059506000000000000008c023432942e")]
    [InlineData("vllm-none-hash", "6e766c6c6d2d6e6f6e652d68617368", "80059512000000000000008c0e766c6c6d2d6e6f6e652d68617368942e")]
    [InlineData("", "60", "80059504000000000000008c00942e")]
    public void WriteSeed_Seeds_SameBytes(string seed, string cbor, string pickle)
    {
        byte[] ours = new byte[CborBlock.MaxSeedBytes(seed)], theirs = new byte[PickleBlock.MaxSeedBytes(seed)];
        Assert.Equal(cbor, Convert.ToHexStringLower(ours.AsSpan(0, CborBlock.WriteSeed(ours, seed))));
        Assert.Equal(pickle, Convert.ToHexStringLower(theirs.AsSpan(0, PickleBlock.WriteSeed(theirs, seed))));
    }

    [Fact]
    public void ComputeKeys_SglangVector_Equal()
    {
        uint[] tokens = [.. Enumerable.Range(1, 48).Select(i => (uint)i)];
        Assert.Equal(
            [8635429971592222890, 1256577331724852459, 5689809685380680247],
            TestKeys.Compute(TestKeys.Function("sglang", null), tokens, 16));
    }

    private static string Written(Writer write, byte[] parent, uint[] tokens, string extras)
    {
        var list = new ExtraKeyList(new byte[128]);
        switch (extras)
        {
            case "('sql-lora',)":
                list.AddLora("sql-lora");
                break;
            case "(('img-1', -2), 'salt')":
                list.AddItem("img-1", -2);
                list.AddText("salt");
                break;
            case "(3, 'hash')":
                list.AddLora(3);
                list.AddText("hash");
                break;
            default:
                Assert.Equal("None", extras);
                break;
        }

        var to = new byte[512];
        return Convert.ToHexStringLower(to.AsSpan(0, write(to, parent, tokens, list)));
    }

    /// <summary>A digest stands as hexadecimal text, the 64-bit form as a decimal number.</summary>
    private static string Hex(JsonElement hash) =>
        ulong.TryParse(hash.GetString(), CultureInfo.InvariantCulture, out var number) ? number.ToString("x16", CultureInfo.InvariantCulture) : hash.GetString()!;

    private static KeyExtras Extras(JsonElement vector) => new(vector.GetProperty("lora_name").GetString(), vector.GetProperty("cache_salt").GetString())
    {
        Era = vector.GetProperty("rules").GetString() switch
        {
            "v0.10" => ExtraKeyEra.Numbered,
            "v0.11.1" => ExtraKeyEra.Bare,
            _ => ExtraKeyEra.Paired,
        },
        LoraNumber = vector.GetProperty("lora_id") is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null,
        Items = vector.GetProperty("mm").EnumerateArray()
            .Select(m => new MultimodalItem(m.GetProperty("identifier").GetString()!, m.GetProperty("offset").GetInt32(), m.GetProperty("length").GetInt32()))
            .ToArray(),
    };

    private static uint[] Tokens(JsonElement tokens) => tokens.ValueKind == JsonValueKind.Array
        ? [.. tokens.EnumerateArray().Select(t => t.GetUInt32())]
        : [.. Enumerable.Range(0, tokens.GetProperty("n").GetInt32()).Select(i => (uint)(((i * 7919L) + (13L * tokens.GetProperty("k").GetInt32())) % 152064))];
}
