using System.Text.Json;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

/// <summary>Random chains against the Python oracle, which builds the CBOR by hand and shares no line with the router.</summary>
public sealed class OracleTests
{
    private static readonly uint[] TokenLimits = [24, 256, 65_536, 152_064, int.MaxValue, uint.MaxValue];
    private static readonly string?[] Loras = [null, null, "sql-lora", "ü-λόρα-微调-🦙", new string('n', 300)];
    private static readonly string?[] Salts = [null, null, "", "s3cr3t", "соль", new string('x', 5_000)];

    [Fact]
    public async Task ComputeKeys_RandomChains_EqualOracle()
    {
        await using var oracle = Peer.Python(Path.Combine(Repository.Oracles, "hash_chains.py"));
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var algorithm = KeyFunctions.Names[random.Next(2)];
            var seed = Pick(random, ["0", "00", "42", "", "4294967295", "random", "σπόρος"]);
            var blockSize = random.Next(1, 257);
            var limit = Pick(random, TokenLimits);
            var tokens = new uint[random.Next(0, 6 * blockSize)];
            for (var t = 0; t < tokens.Length; t++) tokens[t] = (uint)random.NextInt64(limit + 1L);
            var extra = new KeyExtras(Pick(random, Loras), Pick(random, Salts));

            await oracle.WriteLineAsync(JsonSerializer.Serialize(new
            {
                algo = algorithm,
                seed,
                block_size = blockSize,
                tokens,
                lora = extra.LoraName,
                salt = extra.CacheSalt,
            }));
            var expected = JsonSerializer.Deserialize<ulong[]>(await oracle.ReadLineAsync());

            Assert.Equal(expected, TestKeys.Compute(TestKeys.Function(algorithm, seed), tokens, blockSize, extra));
        }
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}
