using System.Runtime.CompilerServices;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// The 256 characters by which byte-level BPE writes bytes in a vocabulary: printable Latin-1 stands for itself, the
/// other bytes for U+0100 and up, in order. Space is "Ġ".
/// </summary>
internal static class ByteAlphabet
{
    private const int Size = 0x100 + 68;
    private static readonly short[] Bytes = BuildBytes();

    /// <summary>Appends the bytes that <paramref name="token"/> (UTF-8) spells to <paramref name="into"/>; false, with nothing appended, where a character is not of the alphabet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // Loading is over before tiered compilation would look at it.
    public static bool TryDecode(ReadOnlySpan<byte> token, ByteBlob into)
    {
        var start = into.Count;
        for (var at = 0; at < token.Length; at++)
        {
            // The alphabet's code points have one or two bytes of UTF-8.
            int codePoint = token[at];
            if (codePoint >= 0x80) codePoint = codePoint < 0xE0 ? (codePoint & 0x1F) << 6 | (token[++at] & 0x3F) : Size;
            if (codePoint >= Size || Bytes[codePoint] < 0)
            {
                into.Count = start;
                return false;
            }

            into.Add((byte)Bytes[codePoint]);
        }

        return true;
    }

    private static short[] BuildBytes()
    {
        var bytes = new short[Size];
        Array.Fill(bytes, (short)-1);
        var next = 0x100;
        for (var b = 0; b <= 0xFF; b++)
        {
            var isPrintable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            bytes[isPrintable ? b : next++] = (short)b;
        }

        return bytes;
    }
}
