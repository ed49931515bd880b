using System.Globalization;
using System.Text.Json;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

/// <summary>The values in <c>tests/oracles/vectors.json</c>, of which other people's code and vLLM's own gave every one.</summary>
public sealed class GoldenVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Oracles, "vectors.json"))).RootElement;

    [Fact]
    public void Create_GoldenSeeds_RootsEqual()
    {
        var compared = 0;
        foreach (var vector in Vectors.GetProperty("none_hash").EnumerateArray())
        {
            if (!IsKnown(vector)) continue;
            var seed = vector.GetProperty("pythonhashseed").GetString()!;
            var function = TestKeys.Function(vector.GetProperty("algo").GetString()!, seed.StartsWith("(unset", StringComparison.Ordinal) ? null : seed);
            var hash = vector.GetProperty("none_hash").GetString()!;
            var expected = hash.Length == 64 ? hash : ulong.Parse(hash, CultureInfo.InvariantCulture).ToString("x16", CultureInfo.InvariantCulture);

            Assert.Equal(expected, Convert.ToHexStringLower(((Sha256CborKeys)function).Root));
            compared++;
        }

        Assert.Equal(6, compared);
    }

    [Fact]
    public void ComputeKeys_GoldenChains_Equal()
    {
        var compared = 0;
        foreach (var vector in Vectors.GetProperty("chains").EnumerateArray())
        {
            if (!IsKnown(vector) || !HasOnlySupportedExtras(vector)) continue;
            var function = TestKeys.Function(vector.GetProperty("algo").GetString()!, vector.GetProperty("pythonhashseed").GetString());
            var extra = new KeyExtras(vector.GetProperty("lora_name").GetString(), vector.GetProperty("cache_salt").GetString());
            var tokens = Tokens(vector.GetProperty("tokens"));
            var expected = vector.GetProperty("wire").EnumerateArray().Select(w => ulong.Parse(w.ToString(), CultureInfo.InvariantCulture));

            Assert.Equal(expected, TestKeys.Compute(function, tokens, vector.GetProperty("block_size").GetInt32(), extra));
            compared++;
        }

        Assert.Equal(42, compared);
    }

    [Fact]
    public void Write_GoldenEncodings_SameBytes()
    {
        var compared = 0;
        foreach (var vector in Vectors.GetProperty("encodings").EnumerateArray())
        {
            if (!vector.TryGetProperty("tokens", out var tokens)) continue;
            string? lora = null;
            if (vector.TryGetProperty("extra", out var extra) && extra.GetString() != "None")
            {
                if (extra.GetString() != "('sql-lora',)") continue;
                lora = "sql-lora";
            }

            var parent = vector.GetProperty("parent").GetString()!;
            if (parent.Length > 64) continue;
            var message = new byte[256];
            var at = CanonicalCbor.WriteArrayHead(message, 3);
            if (parent.Length == 64)
            {
                at += CanonicalCbor.WriteByteStringHead(message.AsSpan(at), 32);
                Convert.FromHexString(parent).CopyTo(message, at);
                at += 32;
            }
            else
            {
                at += CanonicalCbor.WriteUnsigned(message.AsSpan(at), ulong.Parse(parent, CultureInfo.InvariantCulture));
            }

            at += CborTokens.Write(message.AsSpan(at), Tokens(tokens));
            at += ExtraKeys.Write(message.AsSpan(at), lora, null);

            Assert.Equal(vector.GetProperty("cbor_hex").GetString(), Convert.ToHexStringLower(message.AsSpan(0, at)));
            compared++;
        }

        Assert.Equal(3, compared);
    }

    [Theory]
    [InlineData("42", "623432")]
    [InlineData("vllm-none-hash", "6e766c6c6d2d6e6f6e652d68617368")]
    [InlineData("", "60")]
    public void WriteText_Seeds_SameBytes(string seed, string expected)
    {
        var bytes = new byte[64];
        Assert.Equal(expected, Convert.ToHexStringLower(bytes.AsSpan(0, CanonicalCbor.WriteText(bytes, seed))));
    }

    private static bool IsKnown(JsonElement vector) => KeyFunctions.Names.Contains(vector.GetProperty("algo").GetString());

    /// <summary>No multimodal keys, and no LoRA adapter under the rule before v0.11.1, which hashed its number.</summary>
    private static bool HasOnlySupportedExtras(JsonElement vector) =>
        vector.GetProperty("mm").GetArrayLength() == 0
        && (vector.GetProperty("lora_name").GetString() is null || vector.GetProperty("rules").GetString() != "v0.10");

    private static uint[] Tokens(JsonElement tokens) => tokens.ValueKind == JsonValueKind.Array
        ? [.. tokens.EnumerateArray().Select(t => t.GetUInt32())]
        : [.. Enumerable.Range(0, tokens.GetProperty("n").GetInt32()).Select(i => (uint)(((i * 7919L) + (13L * tokens.GetProperty("k").GetInt32())) % 152064))];
}
