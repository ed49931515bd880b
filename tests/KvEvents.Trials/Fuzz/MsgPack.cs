using System.Buffers.Binary;
using System.Text;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>
/// Writes msgpack as msgspec does, for payloads that no engine would send: strings, byte arrays, integers, doubles, nulls,
/// arrays (<c>object[]</c>), maps (arrays of pairs), and <see cref="Verbatim"/> for what msgspec would not write.
/// </summary>
internal static class MsgPack
{
    public static byte[] Batch(params object?[] events) => Encode(new object?[] { 1757000000.25, events, 0 });

    public static byte[] BatchAt(double timestamp, int rank, params object?[] events) => Encode(new object?[] { timestamp, events, rank });

    /// <summary>A BlockStored of v0.22, in the order of its fields.</summary>
    public static object Stored(
        object[] hashes, object? parent, uint[]? tokens, int blockSize, object? medium = null, object? lora = null,
        object? extraKeys = null, object? group = null, object? kind = null) =>
        new object?[]
        {
            "BlockStored", hashes, parent, tokens?.Select(t => (object?)t).ToArray(), blockSize, null,
            medium ?? "GPU", lora, extraKeys, group ?? 0, kind ?? "full_attention", null,
        };

    public static object Removed(params object[] hashes) => new object?[] { "BlockRemoved", hashes, "GPU", 0 };

    public static object Cleared => new object?[] { "AllBlocksCleared" };

    public static byte[] Encode(object? value)
    {
        using var stream = new MemoryStream();
        Write(stream, value);
        return stream.ToArray();
    }

    public static (string Key, object? Value)[] Map(params (string Key, object? Value)[] pairs) => pairs;

    private static void Write(MemoryStream to, object? value)
    {
        switch (value)
        {
            case null: to.WriteByte(0xc0); break;
            case Verbatim verbatim: to.Write(verbatim.Bytes); break;
            case bool truth: to.WriteByte(truth ? (byte)0xc3 : (byte)0xc2); break;
            case double number: WriteSized(to, 0xcb, 8, BitConverter.DoubleToUInt64Bits(number)); break;
            case string text:
                var utf8 = Encoding.UTF8.GetBytes(text);
                if (utf8.Length < 32) to.WriteByte((byte)(0xa0 | utf8.Length));
                else WriteSized(to, 0xdb, 4, (ulong)utf8.Length);
                to.Write(utf8);
                break;
            case byte[] bytes:
                WriteSized(to, 0xc6, 4, (ulong)bytes.Length);
                to.Write(bytes);
                break;
            case object?[] array:
                if (array.Length < 16) to.WriteByte((byte)(0x90 | array.Length));
                else WriteSized(to, 0xdd, 4, (ulong)array.Length);
                foreach (var element in array) Write(to, element);
                break;
            case (string Key, object? Value)[] map:
                if (map.Length < 16) to.WriteByte((byte)(0x80 | map.Length));
                else WriteSized(to, 0xdf, 4, (ulong)map.Length);
                foreach (var (key, element) in map)
                {
                    Write(to, key);
                    Write(to, element);
                }

                break;
            case ulong large: WriteUnsigned(to, large); break;
            default: WriteSigned(to, Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)); break;
        }
    }

    private static void WriteSigned(MemoryStream to, long value)
    {
        if (value >= 0) WriteUnsigned(to, (ulong)value);
        else if (value >= -32) to.WriteByte((byte)value);
        else WriteSized(to, 0xd3, 8, (ulong)value);
    }

    private static void WriteUnsigned(MemoryStream to, ulong value)
    {
        if (value < 128) to.WriteByte((byte)value);
        else if (value <= byte.MaxValue) WriteSized(to, 0xcc, 1, value);
        else if (value <= ushort.MaxValue) WriteSized(to, 0xcd, 2, value);
        else if (value <= uint.MaxValue) WriteSized(to, 0xce, 4, value);
        else WriteSized(to, 0xcf, 8, value);
    }

    private static void WriteSized(MemoryStream to, byte code, int width, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        to.WriteByte(code);
        to.Write(bytes[(8 - width)..]);
    }
}

/// <summary>Bytes that stand in a payload as they are: headers that lie, types that events do not have.</summary>
internal sealed record Verbatim(params byte[] Bytes);
