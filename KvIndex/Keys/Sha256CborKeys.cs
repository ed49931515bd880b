using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// vLLM's <c>sha256_cbor</c> (v0.10.2 on) and <c>sha256_cbor_64bit</c> (v0.10.0 to v0.10.1.1): a block's hash is the
/// SHA-256 of the canonical CBOR of <c>[parent, [tokens…], null or [extra keys…]]</c>. They differ in what a hash
/// is, and so in what stands for the parent: the 32 bytes, or the last eight of them as an unsigned integer. Either
/// way those last eight bytes are the block's key. The root's parent is the hash of the seed as CBOR text.
/// </summary>
internal sealed class Sha256CborKeys : IKeyFunction
{
    public const string Full = "sha256_cbor";
    public const string Short = "sha256_cbor_64bit";

    private const int StackBytes = 2048;
    private const int ParentEnd = 35;

    private readonly bool _isShort;
    private readonly byte[] _root;

    private Sha256CborKeys(string name, string seed)
    {
        Name = name;
        _isShort = name == Short;
        _root = new byte[Sha256Digest.Size];
        var text = new byte[CanonicalCbor.MaxText(seed) + Sha256Digest.Padding];
        Sha256Digest.Compute(text, CanonicalCbor.WriteText(text, seed), _root);
    }

    public string Name { get; }

    /// <summary>NONE_HASH: what stands for the parent of a first block. The short form is its last eight bytes.</summary>
    internal ReadOnlySpan<byte> Root => _isShort ? _root.AsSpan()[24..] : _root;

    /// <param name="seed">The engines' PYTHONHASHSEED as text.</param>
    public static Sha256CborKeys CreateFull(string seed) => new(Full, seed);

    /// <inheritdoc cref="CreateFull"/>
    public static Sha256CborKeys CreateShort(string seed) => new(Short, seed);

    [SkipLocalsInit]
    public int ComputeKeys(ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, Span<BlockKey> keys)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        var count = tokens.Length / blockSize;
        if (count == 0) return 0;

        // One buffer: the extra keys of the first and of the other blocks, then a message and its padding.
        var extrasBytes = ExtraKeys.MaxBytes(extra);
        var needed = (2 * extrasBytes) + ParentEnd + CborTokens.MaxBytes(blockSize) + extrasBytes + Sha256Digest.Padding;
        var rented = needed > StackBytes ? ArrayPool<byte>.Shared.Rent(needed) : null;
        var buffer = rented ?? stackalloc byte[StackBytes];

        var first = buffer[..ExtraKeys.Write(buffer, extra.LoraName, extra.CacheSalt)];
        var others = buffer.Slice(extrasBytes, ExtraKeys.Write(buffer[extrasBytes..], extra.LoraName, null));
        ComputeChain(tokens, blockSize, first, others, buffer[(2 * extrasBytes)..], keys[..count]);

        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return count;
    }

    private void ComputeChain(
        ReadOnlySpan<uint> tokens, int blockSize, ReadOnlySpan<byte> firstExtras, ReadOnlySpan<byte> otherExtras, Span<byte> message, Span<BlockKey> keys)
    {
        // The full form's parent always stands at the same place, where each digest is written for the next block.
        var at = CanonicalCbor.WriteArrayHead(message, 3);
        at += CanonicalCbor.WriteByteStringHead(message[at..], Sha256Digest.Size);
        var parent = message.Slice(at, Sha256Digest.Size);
        _root.CopyTo(parent);
        var extras = firstExtras;
        for (var i = 0; i < keys.Length; i++)
        {
            var length = _isShort ? WriteShortParent(message, parent) : ParentEnd;
            length += CborTokens.Write(message[length..], tokens.Slice(i * blockSize, blockSize));
            extras.CopyTo(message[length..]);
            Sha256Digest.Compute(message, length + extras.Length, parent);
            keys[i] = new BlockKey(BinaryPrimitives.ReadUInt64BigEndian(parent[24..]));
            extras = otherExtras;
        }
    }

    /// <summary>Writes the array head and the parent as an integer; returns where the tokens start.</summary>
    private int WriteShortParent(Span<byte> message, ReadOnlySpan<byte> parent)
    {
        var hash = BinaryPrimitives.ReadUInt64BigEndian(parent[24..]);

        // vLLM takes a parent that Python finds false, which only the number 0 is, for no parent.
        if (hash == 0) hash = BinaryPrimitives.ReadUInt64BigEndian(_root.AsSpan(24));
        return 1 + CanonicalCbor.WriteUnsigned(message[1..], hash);
    }
}
