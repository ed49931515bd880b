using System.Buffers.Binary;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>
/// The few shapes of pickle's protocol 5 that vLLM hashes. Strings, bytes and tuples are memoized as CPython's pickler
/// does it for objects that it meets for the first time. Every method returns the number of bytes written.
/// </summary>
internal static class Pickle
{
    private const byte Memoize = 0x94;

    private const byte ShortText = 0x8c, Text = (byte)'X', ShortBytes = (byte)'C', LongBytes = (byte)'B';

    private const byte OneByte = (byte)'K', TwoBytes = (byte)'M', FourBytes = (byte)'J', Long = 0x8a;

    private const byte Mark = (byte)'(', TupleOf1 = 0x85, Tuple = (byte)'t';

    public static int WriteText(Span<byte> to, ReadOnlySpan<byte> utf8) => WriteMemoized(to, utf8, ShortText, Text);

    public static int WriteBytes(Span<byte> to, ReadOnlySpan<byte> bytes) => WriteMemoized(to, bytes, ShortBytes, LongBytes);

    public static int WriteInteger(Span<byte> to, long value)
    {
        switch (value)
        {
            case >= 0 and <= byte.MaxValue:
                to[0] = OneByte;
                to[1] = (byte)value;
                return 2;
            case >= 0 and <= ushort.MaxValue:
                to[0] = TwoBytes;
                BinaryPrimitives.WriteUInt16LittleEndian(to[1..], (ushort)value);
                return 3;
            case >= int.MinValue and <= int.MaxValue:
                to[0] = FourBytes;
                BinaryPrimitives.WriteInt32LittleEndian(to[1..], (int)value);
                return 5;
            default:
                return WriteLong(to, value);
        }
    }

    public static int StartTuple(Span<byte> to, int count)
    {
        if (count <= 3) return 0;
        to[0] = Mark;
        return 1;
    }

    public static int EndTuple(Span<byte> to, int count)
    {
        to[0] = count <= 3 ? (byte)(TupleOf1 + count - 1) : Tuple;
        to[1] = Memoize;
        return 2;
    }

    /// <summary>Two's complement, little-endian, without the bytes that only repeat the sign.</summary>
    private static int WriteLong(Span<byte> to, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        var count = bytes.Length;
        var sign = value < 0 ? byte.MaxValue : (byte)0;
        while (bytes[count - 1] == sign && ((bytes[count - 2] ^ sign) & 0x80) == 0) count--;
        to[0] = Long;
        to[1] = (byte)count;
        bytes[..count].CopyTo(to[2..]);
        return 2 + count;
    }

    private static int WriteMemoized(Span<byte> to, ReadOnlySpan<byte> value, byte shortCode, byte longCode)
    {
        int head;
        if (value.Length <= byte.MaxValue)
        {
            to[0] = shortCode;
            to[1] = (byte)value.Length;
            head = 2;
        }
        else
        {
            to[0] = longCode;
            BinaryPrimitives.WriteInt32LittleEndian(to[1..], value.Length);
            head = 5;
        }

        value.CopyTo(to[head..]);
        to[head + value.Length] = Memoize;
        return head + value.Length + 1;
    }
}
