using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

internal static class TestKeys
{
    public static IKeyFunction Function(string algorithm, string? seed) =>
        KeyFunctions.Create(algorithm, seed).Try(out var function, out var fault) ? function : throw new InvalidOperationException(fault.ToString());

    public static PoolKeyScheme Scheme(string algorithm, string? seed) =>
        PoolKeyScheme.Create(algorithm, seed).Try(out var scheme, out var fault) ? scheme : throw new InvalidOperationException(fault.ToString());

    public static ulong[] Compute(IKeyFunction function, ReadOnlySpan<uint> tokens, int blockSize, KeyExtras extra = default)
    {
        var keys = new ulong[tokens.Length / blockSize];
        Assert.Equal(keys.Length, function.ComputeKeys(tokens, blockSize, extra, MemoryMarshal.Cast<ulong, BlockKey>(keys.AsSpan())));
        return keys;
    }

    /// <summary>The chain's states block by block, as hexadecimal text.</summary>
    public static string[] Digests(IKeyFunction function, ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra = default)
    {
        var digests = new string[tokens.Length / blockSize];
        using var blocks = new BlockExtras(extra, new byte[BlockExtras.StackBytes]);
        var chain = function.Root;
        for (var i = 0; i < digests.Length; i++)
        {
            Assert.NotNull(function.Next(ref chain, tokens.Slice(i * blockSize, blockSize), blocks.Of(i * blockSize, blockSize)));
            digests[i] = Convert.ToHexStringLower(chain.Bytes);
        }

        return digests;
    }

    public static EngineBlockHash[] AsEngine(ulong[] keys) => [.. keys.Select(k => new EngineBlockHash(k))];

    public static uint[] Tokens(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(152064))];
    }
}
