using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>
/// Token ids as a pickled tuple: an id takes an opcode and one, two or four bytes, little-endian; from 2^31 on, where
/// four bytes would be negative, seven bytes in all. As in <see cref="CborTokens"/>, more than an id's bytes are
/// written and the next id overwrites what is too much.
/// </summary>
internal static class PickleTokens
{
    // Ids written at once by the wide path.
    private const int Lanes = 8;

    private const int MaxToken = 7;

    // K, M and J: an integer of one, two or four bytes.
    private const ulong OneByte = 0x4b, TwoBytes = 0x4d, FourBytes = 0x4a;

    // LONG1 and a length of five bytes.
    private const ulong Long = 0x058a;

    /// <summary>The most bytes that <paramref name="count"/> ids take, with what is written too much.</summary>
    public static int MaxBytes(int count) => 3 + (count * MaxToken) + Vector512<byte>.Count;

    /// <summary>Returns the number of bytes that count; <paramref name="to"/> has room for <see cref="MaxBytes"/>.</summary>
    public static int Write(Span<byte> to, ReadOnlySpan<uint> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to.Length, MaxBytes(tokens.Length), nameof(to));
        var at = Pickle.StartTuple(to, tokens.Length);
        var i = 0;
        if (Avx512Vbmi2.IsSupported)
        {
            for (; i <= tokens.Length - Lanes; i += Lanes) at += WriteWide(ref to[at], tokens.Slice(i, Lanes));
        }

        at += WriteEach(ref to[at], tokens[i..]);
        return at + Pickle.EndTuple(to[at..], tokens.Length);
    }

    /// <summary>Eight ids: each gets eight bytes, and one instruction squeezes out those that do not count.</summary>
    internal static int WriteWide(ref byte to, ReadOnlySpan<uint> eight)
    {
        var narrow = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(eight));
        if (narrow.ExtractMostSignificantBits() != 0) return WriteEach(ref to, eight);
        var ids = Avx512F.ConvertToVector512UInt64(narrow);
        var hasTwo = Vector512.GreaterThan(ids, Vector512.Create(0xffUL));
        var hasFour = Vector512.GreaterThan(ids, Vector512.Create(0xffffUL));
        var code = Vector512.ConditionalSelect(
            hasFour,
            Vector512.Create(FourBytes),
            Vector512.ConditionalSelect(hasTwo, Vector512.Create(TwoBytes), Vector512.Create(OneByte)));
        var bytes = (ids << 8) | code;
        var counts = Vector512.Create(0xffffUL) | (hasTwo & Vector512.Create(0xff_0000UL)) | (hasFour & Vector512.Create(0xff_ff00_0000UL));
        Avx512Vbmi2.Compress(Vector512<byte>.Zero, counts.AsByte(), bytes.AsByte()).StoreUnsafe(ref to);
        return BitOperations.PopCount(counts.AsByte().ExtractMostSignificantBits());
    }

    internal static int WriteEach(ref byte to, ReadOnlySpan<uint> tokens)
    {
        var at = 0;
        foreach (var token in tokens)
        {
            ref var place = ref Unsafe.Add(ref to, at);
            if (token > int.MaxValue)
            {
                Write(ref place, Long | ((ulong)token << 16));
                at += MaxToken;
                continue;
            }

            var width = IsAtLeast(token, 1 << 8) + IsAtLeast(token, 1 << 16);
            Write(ref place, (ulong)token << 8 | ((FourBytes << 16 | TwoBytes << 8 | OneByte) >> (width * 8) & 0xff));
            at += 2 + width + (width >> 1);
        }

        return at;
    }

    private static void Write(ref byte to, ulong bytes) =>
        Unsafe.WriteUnaligned(ref to, BitConverter.IsLittleEndian ? bytes : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(bytes));

    private static int IsAtLeast(uint value, uint limit) => value >= limit ? 1 : 0;
}
