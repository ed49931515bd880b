using System.Buffers.Binary;
using System.Text;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>The part of msgpack that KV events use, always in the shortest form, into a buffer that is reused.</summary>
internal sealed class MsgpackWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Nil() => Reserve(1)[0] = 0xC0;

    public void Array(int count) => Container(count, 0x90, 0xDC);

    public void Map(int count) => Container(count, 0x80, 0xDE);

    public void Float64(double value)
    {
        var span = Reserve(9);
        span[0] = 0xCB;
        BinaryPrimitives.WriteDoubleBigEndian(span[1..], value);
    }

    public void Unsigned(ulong value)
    {
        switch (value)
        {
            case < 0x80:
                Reserve(1)[0] = (byte)value;
                break;
            case <= byte.MaxValue:
                var one = Reserve(2);
                one[0] = 0xCC;
                one[1] = (byte)value;
                break;
            case <= ushort.MaxValue:
                var two = Reserve(3);
                two[0] = 0xCD;
                BinaryPrimitives.WriteUInt16BigEndian(two[1..], (ushort)value);
                break;
            case <= uint.MaxValue:
                var four = Reserve(5);
                four[0] = 0xCE;
                BinaryPrimitives.WriteUInt32BigEndian(four[1..], (uint)value);
                break;
            default:
                var eight = Reserve(9);
                eight[0] = 0xCF;
                BinaryPrimitives.WriteUInt64BigEndian(eight[1..], value);
                break;
        }
    }

    public void Signed(long value)
    {
        switch (value)
        {
            case >= 0:
                Unsigned((ulong)value);
                break;
            case >= -32:
                Reserve(1)[0] = (byte)value;
                break;
            case >= sbyte.MinValue:
                var one = Reserve(2);
                one[0] = 0xD0;
                one[1] = (byte)value;
                break;
            case >= short.MinValue:
                var two = Reserve(3);
                two[0] = 0xD1;
                BinaryPrimitives.WriteInt16BigEndian(two[1..], (short)value);
                break;
            case >= int.MinValue:
                var four = Reserve(5);
                four[0] = 0xD2;
                BinaryPrimitives.WriteInt32BigEndian(four[1..], (int)value);
                break;
            default:
                var eight = Reserve(9);
                eight[0] = 0xD3;
                BinaryPrimitives.WriteInt64BigEndian(eight[1..], value);
                break;
        }
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Head(value.Length, 0xC4);
        value.CopyTo(Reserve(value.Length));
    }

    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetByteCount(value);
        if (bytes < 32) Reserve(1)[0] = (byte)(0xA0 | bytes);
        else Head(bytes, 0xD9);
        Encoding.UTF8.GetBytes(value, Reserve(bytes));
    }

    /// <summary>A string, or nil for null.</summary>
    public void TextOrNil(string? value)
    {
        if (value is null) Nil();
        else Text(value);
    }

    private void Container(int count, byte small, byte large)
    {
        if (count < 16) Reserve(1)[0] = (byte)(small | count);
        else Head(count, large, smallest: 2);
    }

    /// <summary>A length behind a code: <paramref name="code"/> for the smallest width there is, the next codes for 2 and 4 bytes.</summary>
    private void Head(int length, byte code, int smallest = 1)
    {
        if (smallest == 1 && length <= byte.MaxValue)
        {
            var span = Reserve(2);
            span[0] = code;
            span[1] = (byte)length;
            return;
        }

        if (smallest == 1) code++;
        if (length <= ushort.MaxValue)
        {
            var span = Reserve(3);
            span[0] = code;
            BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)length);
        }
        else
        {
            var span = Reserve(5);
            span[0] = (byte)(code + 1);
            BinaryPrimitives.WriteInt32BigEndian(span[1..], length);
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_length + count > _buffer.Length) System.Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        var span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }
}
