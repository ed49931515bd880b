using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>
/// SGLang: the parent's 32 bytes, none for a first page, and the tokens, four bytes each, little-endian. Which extra
/// keys count differs by release, so a page that has any cannot be known.
/// </summary>
internal readonly struct SglangBlock : IBlockEncoding
{
    public static int MaxBytes(int tokens) => ChainState.MaxSize + (tokens * sizeof(uint));

    public static int MaxSeedBytes(string seed) => 0;

    public static int WriteSeed(Span<byte> to, string seed) => 0;

    public static bool IsNoParent(ReadOnlySpan<byte> parent) => false;

    public static int Write(Span<byte> to, ReadOnlySpan<byte> parent, ReadOnlySpan<uint> tokens, scoped in ExtraKeyList extras)
    {
        if (extras.Count > 0) return 0;
        parent.CopyTo(to);
        var words = MemoryMarshal.Cast<byte, uint>(to.Slice(parent.Length, tokens.Length * sizeof(uint)));
        if (BitConverter.IsLittleEndian) tokens.CopyTo(words);
        else BinaryPrimitives.ReverseEndianness(tokens, words);
        return parent.Length + (tokens.Length * sizeof(uint));
    }
}
