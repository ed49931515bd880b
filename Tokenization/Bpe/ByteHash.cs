using System.Buffers.Binary;
using System.Numerics;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>A 64-bit hash for in-memory tables; its high bits are the well mixed ones.</summary>
internal static class ByteHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..]) hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        var rest = 0UL;
        foreach (var b in bytes) rest = rest << 8 | b;
        return Mix(hash, rest);
    }

    public static ulong Mix(ulong hash, ulong value)
    {
        var product = (hash ^ value) * Multiplier;
        return BitOperations.RotateLeft(product, 29) * Multiplier;
    }
}
