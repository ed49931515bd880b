using System.Buffers.Binary;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>
/// vLLM's <c>*_cbor</c> (v0.10.2 on): canonical CBOR of <c>[parent bytes, [tokens…], null or [extra keys…]]</c>.
/// </summary>
internal readonly struct CborBlock : IBlockEncoding
{
    private const int Heads = 2 * CanonicalCbor.MaxHead;

    public static int MaxBytes(int tokens) => Heads + ChainState.MaxSize + CborTokens.MaxBytes(tokens);

    public static int MaxSeedBytes(string seed) => CanonicalCbor.MaxText(seed);

    public static int WriteSeed(Span<byte> to, string seed) => CanonicalCbor.WriteText(to, seed);

    public static bool IsNoParent(ReadOnlySpan<byte> parent) => false;

    public static int Write(Span<byte> to, ReadOnlySpan<byte> parent, ReadOnlySpan<uint> tokens, scoped in ExtraKeyList extras)
    {
        var at = CanonicalCbor.WriteArrayHead(to, 3);
        at += CanonicalCbor.WriteBytes(to[at..], parent);
        at += CborTokens.Write(to[at..], tokens);
        return at + WriteExtras(to[at..], extras);
    }

    public static int WriteExtras(Span<byte> to, scoped in ExtraKeyList extras)
    {
        if (extras.Count == 0)
        {
            to[0] = CanonicalCbor.Null;
            return 1;
        }

        var at = CanonicalCbor.WriteArrayHead(to, extras.Count);
        var keys = extras.Bytes;
        while (ExtraKeyList.TryRead(ref keys, out var kind, out var value)) at += WriteExtra(to[at..], kind, value);
        return at;
    }

    private static int WriteExtra(Span<byte> to, ExtraKeyKind kind, ReadOnlySpan<byte> value)
    {
        switch (kind)
        {
            case ExtraKeyKind.LoraNumber:
                return CanonicalCbor.WriteInteger(to, BinaryPrimitives.ReadInt64LittleEndian(value));
            case ExtraKeyKind.Bytes:
                return CanonicalCbor.WriteBytes(to, value);
            case ExtraKeyKind.Item:
                var at = CanonicalCbor.WriteArrayHead(to, 2);
                at += CanonicalCbor.WriteText(to[at..], value[sizeof(long)..]);
                return at + CanonicalCbor.WriteInteger(to[at..], BinaryPrimitives.ReadInt64LittleEndian(value));
            default:
                return CanonicalCbor.WriteText(to, value);
        }
    }
}

/// <summary>
/// vLLM's <c>sha256_cbor_64bit</c> (v0.10.0 to v0.10.1.1): as <see cref="CborBlock"/> with the parent as an unsigned
/// integer; a root of 32 random bytes is one of 256 bits.
/// </summary>
internal readonly struct ShortCborBlock : IBlockEncoding
{
    private const byte PositiveBignum = 0xc2;

    public static int MaxBytes(int tokens) => CborBlock.MaxBytes(tokens);

    public static int MaxSeedBytes(string seed) => CborBlock.MaxSeedBytes(seed);

    public static int WriteSeed(Span<byte> to, string seed) => CborBlock.WriteSeed(to, seed);

    // vLLM takes a parent that Python finds false, which only the number 0 is, for no parent.
    public static bool IsNoParent(ReadOnlySpan<byte> parent) => parent.Length == sizeof(ulong) && BinaryPrimitives.ReadUInt64BigEndian(parent) == 0;

    public static int Write(Span<byte> to, ReadOnlySpan<byte> parent, ReadOnlySpan<uint> tokens, scoped in ExtraKeyList extras)
    {
        var at = CanonicalCbor.WriteArrayHead(to, 3);
        at += WriteParent(to[at..], parent);
        at += CborTokens.Write(to[at..], tokens);
        return at + CborBlock.WriteExtras(to[at..], extras);
    }

    private static int WriteParent(Span<byte> to, ReadOnlySpan<byte> parent)
    {
        if (parent.Length == sizeof(ulong)) return CanonicalCbor.WriteUnsigned(to, BinaryPrimitives.ReadUInt64BigEndian(parent));
        to[0] = PositiveBignum;
        return 1 + CanonicalCbor.WriteBytes(to[1..], parent.TrimStart((byte)0));
    }
}
