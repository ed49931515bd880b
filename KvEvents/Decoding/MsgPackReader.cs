using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>
/// Reads msgpack from memory, without allocating and without recursion. Nothing in the input is trusted: every read
/// answers false when the bytes are not what was asked for, and leaves the reason of the first such read in
/// <see cref="Error"/>. A length is compared with what is left of the input before anybody acts on it.
/// </summary>
internal ref struct MsgPackReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;

    public DecodeError Error { get; private set; }

    public readonly int Position => _at;

    public readonly int Left => _data.Length - _at;

    /// <summary>Refuses the input at the current position.</summary>
    public bool Fail(string reason)
    {
        if (Error.Reason is null) Error = new DecodeError(_at, reason);
        return false;
    }

    /// <summary>Steps over a nil when there is one.</summary>
    public bool TrySkipNil()
    {
        if (_at >= _data.Length || _data[_at] != Code.Nil) return false;
        _at++;
        return true;
    }

    public readonly MsgPackKind PeekKind() => _at >= _data.Length ? MsgPackKind.End : KindOf(_data[_at]);

    /// <summary>Reads an array's header; there are at least <paramref name="count"/> bytes after it.</summary>
    public bool ReadArray(out int count) => ReadHeader(Code.FixArray, Code.Array16, 1, "an array was expected", out count);

    /// <summary>Reads a map's header; there are at least twice <paramref name="count"/> bytes after it.</summary>
    public bool ReadMap(out int count) => ReadHeader(Code.FixMap, Code.Map16, 2, "a map was expected", out count);

    /// <summary>Reads a string's UTF-8 bytes.</summary>
    public bool ReadString(out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (!TryNext(out var code)) return false;
        if ((code & 0xe0) == Code.FixString) return TakeChecked((uint)code & 0x1f, out utf8);
        var width = code switch { Code.String8 => 1, Code.String16 => 2, Code.String32 => 4, _ => 0 };
        return width != 0 ? TakeSized(width, out utf8) : Unexpected("a string was expected");
    }

    /// <summary>Reads a byte string. The short form comes first: hashes have it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBinary(out ReadOnlySpan<byte> bytes)
    {
        var left = _data[_at..];
        if (left.Length < 2 || left[0] != Code.Binary8 || left[1] > left.Length - 2) return ReadBinarySlowly(out bytes);
        bytes = left.Slice(2, left[1]);
        _at += 2 + bytes.Length;
        return true;
    }

    private bool ReadBinarySlowly(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryNext(out var code)) return false;
        var width = code switch { Code.Binary8 => 1, Code.Binary16 => 2, Code.Binary32 => 4, _ => 0 };
        return width != 0 ? TakeSized(width, out bytes) : Unexpected("bytes were expected");
    }

    /// <summary>Reads an integer of either sign as its 64 bits.</summary>
    public bool ReadInteger(out ulong bits, out bool negative)
    {
        (bits, negative) = (0, false);
        if (!TryNext(out var code)) return false;
        if (code <= Code.PositiveFixMax)
        {
            bits = code;
            return true;
        }

        if (code >= Code.NegativeFixMin)
        {
            (bits, negative) = ((ulong)(sbyte)code, true);
            return true;
        }

        if (code is < Code.UInt8 or > Code.Int64) return Unexpected("an integer was expected");
        if (!Take(1 << (code & 3), out var value)) return Fail(Truncated);
        bits = code switch
        {
            Code.UInt8 => value[0],
            Code.UInt16 => BinaryPrimitives.ReadUInt16BigEndian(value),
            Code.UInt32 => BinaryPrimitives.ReadUInt32BigEndian(value),
            Code.UInt64 or Code.Int64 => BinaryPrimitives.ReadUInt64BigEndian(value),
            Code.Int8 => (ulong)(sbyte)value[0],
            Code.Int16 => (ulong)BinaryPrimitives.ReadInt16BigEndian(value),
            _ => (ulong)BinaryPrimitives.ReadInt32BigEndian(value),
        };
        negative = code >= Code.Int8 && (long)bits < 0;
        return true;
    }

    /// <summary>Reads an integer between 0 and 2³²−1. The short forms come first: token ids are most of a payload.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadUInt32(out uint value)
    {
        var left = _data[_at..];
        if (left.Length >= 5)
        {
            var code = left[0];
            if (code == Code.UInt16)
            {
                value = BinaryPrimitives.ReadUInt16BigEndian(left[1..]);
                _at += 3;
                return true;
            }

            if (code == Code.UInt32)
            {
                value = BinaryPrimitives.ReadUInt32BigEndian(left[1..]);
                _at += 5;
                return true;
            }

            if (code <= Code.PositiveFixMax)
            {
                value = code;
                _at++;
                return true;
            }
        }

        return ReadUInt32Slowly(out value);
    }

    /// <summary>Reads as many integers between 0 and 2³²−1 as there is room for.</summary>
    public bool ReadUInt32s(Span<uint> values)
    {
        while (!values.IsEmpty)
        {
            // What is left of the wide reading is its last few, or one in a form that it does not know.
            values = values[WideTokens.Read(_data[_at..], values, out var bytes)..];
            _at += bytes;
            var few = values[..Math.Min(values.Length, FewValues)];
            foreach (ref var value in few)
            {
                if (!ReadUInt32(out value)) return false;
            }

            values = values[few.Length..];
        }

        return true;
    }

    /// <summary>Reads any number as a double.</summary>
    public bool ReadNumber(out double value)
    {
        value = 0;
        if (_at < _data.Length && _data[_at] is var code and (Code.Float32 or Code.Float64))
        {
            _at++;
            if (!Take(code == Code.Float64 ? 8 : 4, out var bytes)) return Fail(Truncated);
            value = code == Code.Float64 ? BinaryPrimitives.ReadDoubleBigEndian(bytes) : BinaryPrimitives.ReadSingleBigEndian(bytes);
            return true;
        }

        if (!ReadInteger(out var bits, out var negative)) return false;
        value = negative ? (long)bits : bits;
        return true;
    }

    /// <summary>
    /// Steps over one value of any kind. Containers are counted, not entered: however deep they nest, this takes
    /// constant memory, and each announced element must be paid for with a byte.
    /// </summary>
    public bool Skip()
    {
        for (long values = 1; values > 0; values--)
        {
            if (values > Left) return Fail(Truncated);
            switch (KindOf(_data[_at]))
            {
                case MsgPackKind.Array:
                    if (!ReadArray(out var elements)) return false;
                    values += elements;
                    break;
                case MsgPackKind.Map:
                    if (!ReadMap(out var pairs)) return false;
                    values += 2L * pairs;
                    break;
                case MsgPackKind.String:
                    if (!ReadString(out _)) return false;
                    break;
                case MsgPackKind.Binary:
                    if (!ReadBinary(out _)) return false;
                    break;
                default:
                    if (!SkipScalar()) return false;
                    break;
            }
        }

        return true;
    }

    private const int FewValues = 16;
    private const string Truncated = "the payload ends in the middle of a value";
    private const string TooLong = "a length goes beyond the payload";

    private bool SkipScalar()
    {
        var code = _data[_at++];
        if (code is <= Code.PositiveFixMax or >= Code.NegativeFixMin or Code.Nil or Code.False or Code.True) return true;
        if (code is Code.Extension8 or Code.Extension16 or Code.Extension32)
        {
            if (!TakeSize(1 << (code - Code.Extension8), out var length)) return Fail(Truncated);
            return TakeChecked(length + 1L, out _);
        }

        var bytes = code switch
        {
            >= Code.UInt8 and <= Code.Int64 => 1 << (code & 3),
            Code.Float32 => 4,
            Code.Float64 => 8,
            >= Code.FixExtension1 and <= Code.FixExtension16 => 1 + (1 << (code - Code.FixExtension1)),
            _ => 0,
        };
        return bytes != 0 ? TakeChecked(bytes, out _) : Unexpected("a byte that msgpack does not define");
    }

    private bool ReadUInt32Slowly(out uint value)
    {
        var start = _at;
        value = 0;
        if (!ReadInteger(out var bits, out var negative)) return false;
        if (negative || bits > uint.MaxValue)
        {
            _at = start;
            return Fail("an integer from 0 to 4294967295 was expected");
        }

        value = (uint)bits;
        return true;
    }

    private bool TryNext(out byte code)
    {
        if (_at >= _data.Length)
        {
            code = 0;
            return Fail(Truncated);
        }

        code = _data[_at++];
        return true;
    }

    private bool Unexpected(string reason)
    {
        _at--;
        return Fail(reason);
    }

    private bool ReadHeader(byte fix, byte sized, int bytesEach, string expected, out int count)
    {
        count = 0;
        if (!TryNext(out var code)) return false;
        var length = code & 0x0fu;
        if ((code & 0xf0) != fix)
        {
            var width = code == sized ? 2 : code == sized + 1 ? 4 : 0;
            if (width == 0) return Unexpected(expected);
            if (!TakeSize(width, out length)) return Fail(Truncated);
        }

        if ((long)length * bytesEach > Left) return Fail(TooLong);
        count = (int)length;
        return true;
    }

    private bool TakeSized(int width, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return TakeSize(width, out var length) ? TakeChecked(length, out bytes) : Fail(Truncated);
    }

    private bool TakeSize(int width, out uint length)
    {
        length = 0;
        if (!Take(width, out var bytes)) return false;
        foreach (var part in bytes) length = (length << 8) | part;
        return true;
    }

    private bool TakeChecked(long length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (length > Left) return Fail(TooLong);
        return Take((int)length, out bytes);
    }

    private bool Take(int length, out ReadOnlySpan<byte> bytes)
    {
        if (length > Left)
        {
            bytes = default;
            return false;
        }

        bytes = _data.Slice(_at, length);
        _at += length;
        return true;
    }

    private static MsgPackKind KindOf(byte code) => code switch
    {
        <= Code.PositiveFixMax or >= Code.NegativeFixMin or (>= Code.UInt8 and <= Code.Int64) => MsgPackKind.Integer,
        <= 0x8f or Code.Map16 or Code.Map32 => MsgPackKind.Map,
        <= 0x9f or Code.Array16 or Code.Array32 => MsgPackKind.Array,
        <= 0xbf or (>= Code.String8 and <= Code.String32) => MsgPackKind.String,
        >= Code.Binary8 and <= Code.Binary32 => MsgPackKind.Binary,
        Code.Nil => MsgPackKind.Nil,
        _ => MsgPackKind.Other,
    };

    /// <summary>First bytes of values, from the msgpack specification.</summary>
    private static class Code
    {
        public const byte PositiveFixMax = 0x7f;
        public const byte FixMap = 0x80;
        public const byte FixArray = 0x90;
        public const byte FixString = 0xa0;
        public const byte Nil = 0xc0;
        public const byte False = 0xc2;
        public const byte True = 0xc3;
        public const byte Binary8 = 0xc4;
        public const byte Binary16 = 0xc5;
        public const byte Binary32 = 0xc6;
        public const byte Extension8 = 0xc7;
        public const byte Extension16 = 0xc8;
        public const byte Extension32 = 0xc9;
        public const byte Float32 = 0xca;
        public const byte Float64 = 0xcb;
        public const byte UInt8 = 0xcc;
        public const byte UInt16 = 0xcd;
        public const byte UInt32 = 0xce;
        public const byte UInt64 = 0xcf;
        public const byte Int8 = 0xd0;
        public const byte Int16 = 0xd1;
        public const byte Int64 = 0xd3;
        public const byte FixExtension1 = 0xd4;
        public const byte FixExtension16 = 0xd8;
        public const byte String8 = 0xd9;
        public const byte String16 = 0xda;
        public const byte String32 = 0xdb;
        public const byte Array16 = 0xdc;
        public const byte Array32 = 0xdd;
        public const byte Map16 = 0xde;
        public const byte Map32 = 0xdf;
        public const byte NegativeFixMin = 0xe0;
    }
}

/// <summary>What the next value is.</summary>
internal enum MsgPackKind
{
    End,
    Nil,
    Integer,
    String,
    Binary,
    Array,
    Map,
    Other,
}
