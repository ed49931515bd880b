using System.Buffers;
using System.Runtime.CompilerServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys.Encodings;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// An engine's own chain: a block's hash is the digest of the bytes that encode (parent, tokens, extra keys). The
/// type arguments are structs, so that the compiler makes one loop for each scheme.
/// </summary>
internal sealed class ChainKeys<TEncoding, TDigest>(string name, ReadOnlySpan<byte> root) : IKeyFunction
    where TEncoding : struct, IBlockEncoding
    where TDigest : struct, IBlockDigest
{
    private const int StackBytes = 2048;

    private readonly ChainState _root = new(root);

    public string Name => name;

    public ChainState Root => _root;

    public int ChainBytes => TDigest.Size;

    public int StateBytes => TDigest.Size;

    public ChainState Resume(BlockKey key, ReadOnlySpan<byte> state) => new(state);

    /// <param name="name">The scheme's name.</param>
    /// <param name="seed">The engines' PYTHONHASHSEED as text, which vLLM hashes as a string.</param>
    public static ChainKeys<TEncoding, TDigest> FromSeed(string name, string seed)
    {
        var text = new byte[TEncoding.MaxSeedBytes(seed) + TDigest.Padding];
        Span<byte> root = stackalloc byte[TDigest.Size];
        TDigest.Compute(text, TEncoding.WriteSeed(text, seed), root);
        return new(name, root);
    }

    [SkipLocalsInit]
    public int ComputeKeys(ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, Span<BlockKey> keys)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        using var blocks = new BlockExtras(extra, stackalloc byte[BlockExtras.StackBytes]);
        if (!blocks.AreKnown) return 0;
        var needed = TEncoding.MaxBytes(blockSize) + blocks.MaxBytes + TDigest.Padding;
        var rented = needed > StackBytes ? ArrayPool<byte>.Shared.Rent(needed) : null;
        var buffer = rented ?? stackalloc byte[StackBytes];

        keys = keys[..(tokens.Length / blockSize)];
        var chain = _root;
        var count = 0;
        for (; count < keys.Length; count++)
        {
            var start = count * blockSize;
            if (!TryNext(ref chain, tokens.Slice(start, blockSize), blocks.Of(start, blockSize), buffer)) break;
            keys[count] = Key(chain);
        }

        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return count;
    }

    [SkipLocalsInit]
    public BlockKey? Next(ref ChainState chain, ReadOnlySpan<uint> block, scoped in ExtraKeyList extras)
    {
        var needed = TEncoding.MaxBytes(block.Length) + extras.MaxEncodedBytes + TDigest.Padding;
        var rented = needed > StackBytes ? ArrayPool<byte>.Shared.Rent(needed) : null;
        var isKnown = TryNext(ref chain, block, extras, rented ?? stackalloc byte[StackBytes]);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return isKnown ? Key(chain) : null;
    }

    private static BlockKey Key(in ChainState chain) => new(TDigest.Key(chain.Bytes));

    private bool TryNext(ref ChainState chain, ReadOnlySpan<uint> block, scoped in ExtraKeyList extras, Span<byte> buffer)
    {
        var parent = TEncoding.IsNoParent(chain.Bytes) ? _root.Bytes : chain.Bytes;
        var length = TEncoding.Write(buffer, parent, block, extras);
        if (length == 0) return false;
        TDigest.Compute(buffer, length, chain.Resize(TDigest.Size));
        return true;
    }
}
