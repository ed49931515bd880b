using System.Buffers.Binary;
using OrleansKvRouter.KvEvents.Decoding;
using Xunit;

namespace OrleansKvRouter.KvEvents.Tests.Decoding;

/// <summary>The wide reading against what was written, and against the reading of one value after another.</summary>
public sealed class WideTokensTests
{
    private static readonly uint[] Edges = [0, 1, 23, 24, 127, 128, 198, 255, 256, 0xcccc, 0xcdcd, 0xcece, 65_535, 65_536, 151_935, 0xcccdcecf, 0x80000000, uint.MaxValue];

    [Fact]
    public void ReadUInt32s_EveryWidthAtEveryPlace_IsWhatWasWritten()
    {
        var random = new Random(7);
        for (var round = 0; round < 3_000; round++)
        {
            var values = new uint[random.Next(120)];
            for (var i = 0; i < values.Length; i++) values[i] = random.Next(3) == 0 ? (uint)random.Next(160_000) : Edges[random.Next(Edges.Length)];
            var payload = values.SelectMany(value => Encode(value, mayBeWide: random.Next(40) == 0)).Append((byte)0xc0).ToArray();

            var read = new uint[values.Length];
            var reader = new MsgPackReader(payload);
            Assert.True(reader.ReadUInt32s(read));
            Assert.Equal(values, read);
            Assert.True(reader.TrySkipNil());
            Assert.Equal(0, reader.Left);
        }
    }

    [Fact]
    public void ReadUInt32s_BytesThatAreNoIntegers_StopsWhereOneByOneStops()
    {
        var random = new Random(8);
        for (var round = 0; round < 20_000; round++)
        {
            var payload = Enumerable.Range(0, 100).SelectMany(_ => Encode((uint)random.Next(160_000), mayBeWide: false)).ToArray();
            for (var damage = random.Next(3); damage >= 0; damage--) payload[random.Next(payload.Length)] = (byte)random.Next(256);
            payload = payload[..random.Next(payload.Length)];

            var (wide, single) = (new uint[100], new uint[100]);
            var all = new MsgPackReader(payload);
            var one = new MsgPackReader(payload);
            var count = 0;
            while (count < single.Length && one.ReadUInt32(out single[count])) count++;
            Assert.Equal(count == single.Length, all.ReadUInt32s(wide));
            Assert.Equal(one.Error, all.Error);
            Assert.Equal(one.Position, all.Position);
            Assert.Equal(single[..count], wide[..count]);
        }
    }

    /// <summary>The shortest form, or one of eight bytes, which some writers choose.</summary>
    private static byte[] Encode(uint value, bool mayBeWide)
    {
        var bytes = new byte[9];
        if (mayBeWide)
        {
            bytes[0] = 0xcf;
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), value);
            return bytes;
        }

        if (value < 0x80) return [(byte)value];
        if (value <= byte.MaxValue) return [0xcc, (byte)value];
        if (value <= ushort.MaxValue) return [0xcd, (byte)(value >> 8), (byte)value];
        bytes[0] = 0xce;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), value);
        return bytes[..5];
    }
}
