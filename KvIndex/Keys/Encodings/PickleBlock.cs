using System.Buffers.Binary;
using System.Text;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>
/// vLLM's <c>sha256</c> (its default from v0.10.2 on) and <c>xxhash</c>: what CPython's pickle (protocol 5, Python 3.8
/// to 3.14) makes of the tuple <c>(parent bytes, (tokens…), None or (extra keys…))</c>.
/// </summary>
internal readonly struct PickleBlock : IBlockEncoding
{
    // PROTO 5, FRAME and the frame's length (8 bytes, little-endian).
    private const int FrameStart = 11;

    // A longer pickle has several frames.
    private const int MaxFrame = 64 * 1024;

    private const byte Proto = 0x80, Frame = 0x95, Stop = (byte)'.', None = (byte)'N', Memoize = 0x94, TupleOf2 = 0x86, TupleOf3 = 0x87;

    public static int MaxBytes(int tokens) => FrameStart + ChainState.MaxSize + 16 + PickleTokens.MaxBytes(tokens);

    public static int MaxSeedBytes(string seed) => FrameStart + 8 + Encoding.UTF8.GetByteCount(seed);

    public static int WriteSeed(Span<byte> to, string seed)
    {
        var at = FrameStart + Pickle.WriteText(to[FrameStart..], Encoding.UTF8.GetBytes(seed));
        return Finish(to, at);
    }

    public static bool IsNoParent(ReadOnlySpan<byte> parent) => false;

    public static int Write(Span<byte> to, ReadOnlySpan<byte> parent, ReadOnlySpan<uint> tokens, scoped in ExtraKeyList extras)
    {
        if (HasEqualStrings(extras)) return 0;
        var at = FrameStart + Pickle.WriteBytes(to[FrameStart..], parent);
        at += PickleTokens.Write(to[at..], tokens);
        at += WriteExtras(to[at..], extras);
        to[at++] = TupleOf3;
        to[at++] = Memoize;
        return at - FrameStart < MaxFrame ? Finish(to, at) : 0;
    }

    private static int Finish(Span<byte> to, int at)
    {
        to[at++] = Stop;
        to[0] = Proto;
        to[1] = 5;
        to[2] = Frame;
        BinaryPrimitives.WriteInt64LittleEndian(to[3..], at - FrameStart);
        return at;
    }

    private static int WriteExtras(Span<byte> to, scoped in ExtraKeyList extras)
    {
        if (extras.Count == 0)
        {
            to[0] = None;
            return 1;
        }

        var at = Pickle.StartTuple(to, extras.Count);
        var keys = extras.Bytes;
        while (ExtraKeyList.TryRead(ref keys, out var kind, out var value)) at += WriteExtra(to[at..], kind, value);
        return at + Pickle.EndTuple(to[at..], extras.Count);
    }

    private static int WriteExtra(Span<byte> to, ExtraKeyKind kind, ReadOnlySpan<byte> value)
    {
        switch (kind)
        {
            case ExtraKeyKind.LoraNumber:
                return Pickle.WriteInteger(to, BinaryPrimitives.ReadInt64LittleEndian(value));
            case ExtraKeyKind.Bytes:
                return Pickle.WriteBytes(to, value);
            case ExtraKeyKind.Item:
                var at = Pickle.WriteText(to, value[sizeof(long)..]);
                at += Pickle.WriteInteger(to[at..], BinaryPrimitives.ReadInt64LittleEndian(value));
                to[at++] = TupleOf2;
                to[at++] = Memoize;
                return at;
            default:
                return Pickle.WriteText(to, value);
        }
    }

    /// <summary>Pickle writes an object that it met before as a reference; whether equal strings are one object only the engine knows.</summary>
    private static bool HasEqualStrings(scoped in ExtraKeyList extras)
    {
        if (extras.Count < 2) return false;
        var keys = extras.Bytes;
        while (ExtraKeyList.TryRead(ref keys, out var kind, out var value))
        {
            var others = keys;
            while (ExtraKeyList.TryRead(ref others, out var otherKind, out var other))
            {
                if (IsString(kind) && IsString(otherKind) && Text(kind, value).SequenceEqual(Text(otherKind, other))) return true;
            }
        }

        return false;
    }

    private static bool IsString(ExtraKeyKind kind) => kind is ExtraKeyKind.LoraName or ExtraKeyKind.Text or ExtraKeyKind.Item;

    private static ReadOnlySpan<byte> Text(ExtraKeyKind kind, ReadOnlySpan<byte> value) => kind == ExtraKeyKind.Item ? value[sizeof(long)..] : value;
}
