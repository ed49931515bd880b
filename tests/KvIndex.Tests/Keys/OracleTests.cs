using System.Text;
using System.Text.Json;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

/// <summary>
/// Random chains against the Python oracle, which builds CBOR and pickle by hand and shares no line with the router:
/// every scheme, era, extra key and block size.
/// </summary>
public sealed class OracleTests
{
    private const int Chains = 1_000;

    private static readonly string[] Algorithms = ["sha256_cbor", "sha256", "xxhash_cbor", "xxhash", "sha256_cbor_64bit"];
    private static readonly string[] Seeds = ["0", "00", "42", "", "4294967295", "random", "σπόρος"];
    private static readonly uint[] TokenLimits = [24, 256, 65_536, 152_064, int.MaxValue, uint.MaxValue];
    private static readonly string?[] Loras = [null, null, "sql-lora", "ü-λόρα-微调-🦙", new string('n', 300)];
    private static readonly string?[] Salts = [null, null, "", "s3cr3t", "соль", new string('x', 5_000)];
    private static readonly string[] Identifiers = ["img-a", "img-b", "Ä", new string('f', 64), new string('9', 300)];
    private static readonly (ExtraKeyEra Era, string Rules)[] Eras = [(ExtraKeyEra.Paired, "v0.19"), (ExtraKeyEra.Bare, "v0.11.1"), (ExtraKeyEra.Numbered, "v0.10")];

    [Fact]
    public async Task ComputeKeys_RandomChains_EqualOracle()
    {
        await using var oracle = Peer.Python(Path.Combine(Repository.Oracles, "hash_chains.py"));
        var random = new Random(7);
        var (whole, cut) = (0, 0);
        for (var i = 0; i < Chains; i++)
        {
            var algorithm = Pick(random, Algorithms);
            var seed = algorithm is "sha256" or "sha256_cbor" && random.Next(8) == 0 ? null : Pick(random, Seeds);
            var blockSize = random.Next(10) == 0 ? random.Next(1, 1025) : random.Next(1, 65);
            var tokens = Tokens(random, random.Next(0, 6 * blockSize));
            var (era, rules) = Pick(random, Eras);
            var extra = Extras(random, tokens.Length, blockSize, era);

            await oracle.WriteLineAsync(JsonSerializer.Serialize(new
            {
                algo = algorithm,
                seed,
                block_size = blockSize,
                tokens,
                rules,
                lora = extra.LoraName,
                lora_id = extra.LoraNumber,
                salt = extra.CacheSalt,
                mm = extra.Items.ToArray().Select(item => new object[] { item.Identifier, item.Offset, item.Length }),
                embeds = extra.EmbeddingDigests.ToArray().Chunk(32).Select(Convert.ToHexString),
                prompt_length = extra.PromptLength,
            }));
            var expected = JsonSerializer.Deserialize<Block[]>(await oracle.ReadLineAsync(), JsonSerializerOptions.Web)!;

            var keys = new BlockKey[expected.Length];
            var count = TestKeys.Function(algorithm, seed).ComputeKeys(tokens, blockSize, extra, keys);

            Assert.Equal(expected.Take(count).Select(block => block.Wire), keys[..count].Select(key => key.Value));

            // Pickle ends where two strings of a block are equal, and there only.
            if (count < expected.Length) Assert.True(algorithm is "sha256" or "xxhash" && expected[count].Repeats);
            if (algorithm is "sha256" or "xxhash") Assert.DoesNotContain(expected.Take(count), block => block.Repeats);
            if (count == expected.Length) whole++;
            else cut++;
        }

        Assert.True(whole > Chains * 8 / 10 && cut > 0, $"{whole} whole, {cut} cut");
    }

    private static uint[] Tokens(Random random, int count)
    {
        var limit = Pick(random, TokenLimits);
        var tokens = new uint[count];
        for (var t = 0; t < tokens.Length; t++) tokens[t] = (uint)random.NextInt64(limit + 1L);
        return tokens;
    }

    private static KeyExtras Extras(Random random, int length, int blockSize, ExtraKeyEra era)
    {
        var items = new List<MultimodalItem>();
        for (var at = random.Next(20); random.Next(4) > 0 && at < length; at += random.Next(1, 30))
        {
            var item = new MultimodalItem(Pick(random, Identifiers), at, random.Next(1, 40));
            items.Add(item);
            at += item.Length;
        }

        var digests = new byte[random.Next(6) == 0 ? length / blockSize * 32 : 0];
        random.NextBytes(digests);
        var lora = Pick(random, Loras);
        return new KeyExtras(lora, Pick(random, Salts))
        {
            Era = era,
            LoraNumber = lora is null ? null : random.NextInt64(1L << random.Next(1, 62)),
            Items = items.ToArray(),
            EmbeddingDigests = digests,
            PromptLength = random.Next(3) == 0 ? random.Next(length + 1) : 0,
        };
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    /// <param name="Wire">The block's hash in events.</param>
    /// <param name="Repeats">Two strings among its extra keys are equal.</param>
    private sealed record Block(ulong Wire, bool Repeats);
}
