using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>
/// Token ids as an array of canonical CBOR. An id below 24 is its own head; else a head of 0x18, 0x19 or 0x1a and
/// one, two or four bytes, big-endian. The ids of a prompt mix three and five bytes at random, which a branch per id
/// mispredicts, so more than an id's bytes are written and the next id overwrites what is too much.
/// </summary>
internal static class CborTokens
{
    // Ids written at once by the wide path.
    private const int Lanes = 8;

    /// <summary>The most bytes that <paramref name="count"/> ids take, with what is written too much.</summary>
    public static int MaxBytes(int count) => CanonicalCbor.MaxHead + (count * 5) + Vector512<byte>.Count;

    /// <summary>Returns the number of bytes that count; <paramref name="to"/> has room for <see cref="MaxBytes"/>.</summary>
    public static int Write(Span<byte> to, ReadOnlySpan<uint> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to.Length, MaxBytes(tokens.Length), nameof(to));
        var at = CanonicalCbor.WriteArrayHead(to, tokens.Length);
        var wide = Avx512Vbmi2.IsSupported ? tokens.Length / Lanes * Lanes : 0;
        if (Avx512Vbmi2.IsSupported) at += WriteWide(ref to[at], tokens[..wide]);
        return at + WriteEach(ref to[at], tokens[wide..]);
    }

    /// <summary>Eight ids at a time: each gets eight bytes, and one instruction squeezes out those that do not count.</summary>
    internal static int WriteWide(ref byte start, ReadOnlySpan<uint> tokens)
    {
        var reverse = Vector512.Create(Vector128.Create((byte)0xff, 3, 2, 1, 0, 0xff, 0xff, 0xff, 0xff, 11, 10, 9, 8, 0xff, 0xff, 0xff).AsUInt64()).AsByte();
        var at = 0;
        for (var i = 0; i < tokens.Length; i += Lanes)
        {
            var ids = Avx512F.ConvertToVector512UInt64(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(tokens), (nuint)i));
            var hasOne = Vector512.GreaterThan(ids, Vector512.Create(23UL));
            var hasTwo = Vector512.GreaterThan(ids, Vector512.Create(0xffUL));
            var hasFour = Vector512.GreaterThan(ids, Vector512.Create(0xffffUL));

            // A comparison that holds is -1: subtracting it counts.
            var head = Vector512.ConditionalSelect(hasOne, Vector512.Create(0x18UL) - hasTwo - hasFour, ids);
            var bytes = Avx512BW.Shuffle(ids.AsByte(), reverse) | head.AsByte();
            var counts = Vector512.Create(0xffUL)
                | (hasOne & Vector512.Create(0xff_0000_0000UL))
                | (hasTwo & Vector512.Create(0xff00_0000UL))
                | (hasFour & Vector512.Create(0xff_ff00UL));
            Avx512Vbmi2.Compress(Vector512<byte>.Zero, counts.AsByte(), bytes).StoreUnsafe(ref start, (nuint)at);
            at += BitOperations.PopCount(counts.AsByte().ExtractMostSignificantBits());
        }

        return at;
    }

    internal static int WriteEach(ref byte start, ReadOnlySpan<uint> tokens)
    {
        var at = 0;
        foreach (var token in tokens)
        {
            var width = IsAtLeast(token, 24) + IsAtLeast(token, 1 << 8) + IsAtLeast(token, 1 << 16);
            var head = width == 0 ? token : (uint)(0x17 + width);
            var payload = (ulong)BinaryPrimitives.ReverseEndianness(token) >> (int)(0x00_10_18_18u >> (width * 8) & 0xff);
            var bytes = head | (payload << 8);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, at), BitConverter.IsLittleEndian ? bytes : BinaryPrimitives.ReverseEndianness(bytes));
            at += (int)(0x05_03_02_01u >> (width * 8) & 0xff);
        }

        return at;
    }

    private static int IsAtLeast(uint value, uint limit) => value >= limit ? 1 : 0;
}
