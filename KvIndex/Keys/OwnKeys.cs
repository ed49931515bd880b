using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// The router's own keys, for pools whose engines' hashes cannot be computed: a 64-bit chain of XXH3 hashes, the same
/// in every process. Tokens, extra keys and parent are hashed apart and then mixed, so that a block's hash does not
/// wait for its parent's: 10,000 tokens in blocks of 16 take about 6 µs.
/// </summary>
public sealed class OwnKeys : IKeyFunction
{
    /// <summary>The scheme's name in <c>hashAlgorithm</c>.</summary>
    public const string SchemeName = "own";

    // Stands for the parent of a first block.
    private const ulong RootKey = 0x6b76_726f_7574_6572;

    // Keeps extra keys from being taken for the tokens of a further block.
    private const long ExtrasSeed = 1;

    private readonly ChainState _root;

    private OwnKeys() => Write(ref _root, new BlockKey(RootKey));

    public static OwnKeys Instance { get; } = new();

    public string Name => SchemeName;

    public ChainState Root => _root;

    public int ChainBytes => sizeof(ulong);

    public int StateBytes => 0;

    /// <summary>The key of the block that follows <paramref name="parent"/>.</summary>
    /// <param name="parent">The key of the block before; null for the first of a chain.</param>
    /// <param name="tokens">The block's token ids.</param>
    /// <param name="extras">The block's extra keys.</param>
    public static BlockKey ComputeNext(BlockKey? parent, ReadOnlySpan<uint> tokens, scoped in ExtraKeyList extras)
    {
        var key = WithTokens(parent?.Value ?? RootKey, tokens);
        return new BlockKey(extras.Count == 0 ? key : WithExtras(key, extras));
    }

    [SkipLocalsInit]
    public int ComputeKeys(ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, Span<BlockKey> keys)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        var count = tokens.Length / blockSize;
        using var blocks = new BlockExtras(extra, stackalloc byte[BlockExtras.StackBytes]);
        if (!blocks.AreKnown) return 0;
        var key = RootKey;
        for (var i = 0; i < count; i++)
        {
            var start = i * blockSize;
            var extras = blocks.Of(start, blockSize);
            key = WithTokens(key, tokens.Slice(start, blockSize));
            if (extras.Count > 0) key = WithExtras(key, extras);
            keys[i] = new BlockKey(key);
        }

        return count;
    }

    public BlockKey? Next(ref ChainState chain, ReadOnlySpan<uint> block, scoped in ExtraKeyList extras)
    {
        var key = ComputeNext(new BlockKey(BinaryPrimitives.ReadUInt64LittleEndian(chain.Bytes)), block, extras);
        Write(ref chain, key);
        return key;
    }

    public ChainState Resume(BlockKey key, ReadOnlySpan<byte> state)
    {
        var chain = default(ChainState);
        Write(ref chain, key);
        return chain;
    }

    private static ulong WithTokens(ulong parent, ReadOnlySpan<uint> tokens) => Mix(parent, XxHash3.HashToUInt64(MemoryMarshal.AsBytes(tokens)));

    private static ulong WithExtras(ulong key, scoped in ExtraKeyList extras) => Mix(key, XxHash3.HashToUInt64(extras.Bytes, ExtrasSeed));

    private static void Write(ref ChainState chain, BlockKey key) =>
        BinaryPrimitives.WriteUInt64LittleEndian(chain.Resize(sizeof(ulong)), key.Value);

    /// <summary>One-to-one in either argument, so that two different parents never meet over the same tokens.</summary>
    private static ulong Mix(ulong parent, ulong value)
    {
        var x = (parent * 0x9e37_79b9_7f4a_7c15) + value;
        x = (x ^ (x >> 32)) * 0xd6e8_feb8_6659_fd93;
        x = (x ^ (x >> 32)) * 0xd6e8_feb8_6659_fd93;
        return x ^ (x >> 32);
    }
}
