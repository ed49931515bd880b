using System.Text;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>
/// The few shapes of canonical CBOR (RFC 8949, 4.2.1: shortest heads, definite lengths) that vLLM hashes, written
/// into a buffer that the caller has made large enough. Every method returns the number of bytes written.
/// </summary>
internal static class CanonicalCbor
{
    /// <summary>The longest head, and the longest unsigned integer, in bytes.</summary>
    public const int MaxHead = 9;

    public const byte Null = 0xf6;

    private const int Negative = 1, ByteString = 2, TextString = 3, Array = 4;

    public static int WriteArrayHead(Span<byte> to, int count) => WriteHead(to, Array, (uint)count);

    public static int WriteBytes(Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        var head = WriteHead(to, ByteString, (uint)bytes.Length);
        bytes.CopyTo(to[head..]);
        return head + bytes.Length;
    }

    public static int WriteUnsigned(Span<byte> to, ulong value) => WriteHead(to, 0, value);

    public static int WriteInteger(Span<byte> to, long value) =>
        value < 0 ? WriteHead(to, Negative, (ulong)~value) : WriteHead(to, 0, (ulong)value);

    public static int MaxText(string text) => MaxHead + Encoding.UTF8.GetByteCount(text);

    public static int WriteText(Span<byte> to, string text) => WriteText(to, Encoding.UTF8.GetBytes(text));

    public static int WriteText(Span<byte> to, ReadOnlySpan<byte> utf8)
    {
        var head = WriteHead(to, TextString, (uint)utf8.Length);
        utf8.CopyTo(to[head..]);
        return head + utf8.Length;
    }

    private static int WriteHead(Span<byte> to, int major, ulong value)
    {
        var type = major << 5;
        if (value < 24)
        {
            to[0] = (byte)(type | (int)value);
            return 1;
        }

        // 1, 2, 4 or 8 bytes: additional information 24 to 27.
        var log = value <= byte.MaxValue ? 0 : value <= ushort.MaxValue ? 1 : value <= uint.MaxValue ? 2 : 3;
        to[0] = (byte)(type | (24 + log));
        var width = 1 << log;
        for (var i = 0; i < width; i++) to[1 + i] = (byte)(value >> ((width - 1 - i) * 8));
        return 1 + width;
    }
}
