using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>A word of 1 to 24 bytes in three integers, zeros behind its end, so that comparing is three instructions.</summary>
internal readonly struct WordKey
{
    public const int MaxLength = 24;

    public readonly ulong First;
    public readonly ulong Second;
    public readonly ulong Third;
    public readonly int Length;

    /// <param name="text">The text that the word is in; <see cref="MaxLength"/> bytes from <paramref name="start"/> must be readable.</param>
    /// <param name="start">Index of the word's first byte.</param>
    /// <param name="length">Bytes of the word, <see cref="MaxLength"/> at most.</param>
    public WordKey(ReadOnlySpan<byte> text, int start, int length)
    {
        ref var word = ref MemoryMarshal.GetReference(text.Slice(start, MaxLength));
        Length = length;
        First = Unsafe.ReadUnaligned<ulong>(ref word) & Mask(length);
        Second = length <= 8 ? 0 : Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref word, 8)) & Mask(length - 8);
        Third = length <= 16 ? 0 : Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref word, 16)) & Mask(length - 16);
    }

    private static ulong Mask(int length) => length >= 8 ? ulong.MaxValue : (1UL << (length * 8)) - 1;
}
