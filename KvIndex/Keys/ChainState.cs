using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// Where a chain of block hashes stands: what the next block is hashed with as its parent, at most 32 bytes. The
/// engines' chains go through whole digests, of which a <see cref="BlockKey"/> is a part only.
/// </summary>
public struct ChainState
{
    /// <summary>The longest parent in bytes.</summary>
    public const int MaxSize = 32;

    private Parent _bytes;
    private int _length;

    /// <param name="parent">At most <see cref="MaxSize"/> bytes.</param>
    public ChainState(ReadOnlySpan<byte> parent)
    {
        parent.CopyTo(_bytes);
        _length = parent.Length;
    }

    /// <summary>The parent's bytes.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes => ((ReadOnlySpan<byte>)_bytes)[.._length];

    /// <summary>Makes the state <paramref name="size"/> bytes long, for the caller to write.</summary>
    [UnscopedRef]
    internal Span<byte> Resize(int size)
    {
        _length = size;
        return ((Span<byte>)_bytes)[..size];
    }

    [InlineArray(MaxSize)]
    private struct Parent
    {
        private byte _first;
    }
}
