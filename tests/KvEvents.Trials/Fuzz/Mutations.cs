using System.Buffers.Binary;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>What is done to payloads: to their bytes, blindly, and to their structure, knowing msgpack.</summary>
internal sealed class Mutations(Random random)
{
    private const int LargestInput = 16 * 1024;

    public byte[] Noise()
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Bytes changed, inserted, removed, repeated, and the end cut off.</summary>
    public byte[] OfBytes(byte[] valid)
    {
        var bytes = valid.ToList();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            if (bytes.Count == 0) bytes.Add(0x93);
            var at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.Insert(at, (byte)random.Next(0x80, 0x100)); break;
                case 3: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 5))); break;
                case 4: bytes.InsertRange(at, HugeHeader()); break;
                case 5 when random.Next(4) == 0: bytes.RemoveRange(at, bytes.Count - at); break;
                default: bytes.AddRange(bytes.GetRange(at, Math.Min(bytes.Count - at, 16))); break;
            }
        }

        return bytes.Count <= LargestInput ? [.. bytes] : [.. bytes[..LargestInput]];
    }

    /// <summary>Changes a tree somewhere: a value becomes another, of another type, of another length, or a nest.</summary>
    public void OfStructure(object?[] tree)
    {
        for (var changes = random.Next(1, 4); changes > 0; changes--) Change(tree);
    }

    private void Change(object?[] array)
    {
        if (array.Length == 0) return;
        ref var place = ref array[random.Next(array.Length)];
        if (place is object?[] { Length: > 0 } inner && random.Next(10) < 8)
        {
            Change(inner);
        }
        else if (place is (string Key, object? Value)[] { Length: > 0 } map && random.Next(10) < 8)
        {
            ref var pair = ref map[random.Next(map.Length)];
            if (pair.Value is object?[] { Length: > 0 } value && random.Next(3) > 0) Change(value);
            else if (random.Next(6) == 0) pair.Key = random.Next(2) == 0 ? "type" : pair.Key + "x";
            else pair.Value = Other(pair.Value);
        }
        else
        {
            place = Other(place);
        }
    }

    private object? Other(object? value) => random.Next(16) switch
    {
        0 => null,
        1 => random.Next(-300, 300),
        2 => ulong.MaxValue - (ulong)random.Next(3),
        3 => long.MinValue,
        4 => double.NaN,
        5 => random.NextDouble() * 1e300,
        6 => new string('x', random.Next(600)),
        7 => new byte[random.Next(40)],
        8 => new object?[random.Next(20)],
        9 => MsgPack.Map((" ", value), ("type", value)),
        10 => new Verbatim([.. HugeHeader()]),
        11 => Nest(random.Next(3) == 0 ? random.Next(4000) : random.Next(40)),
        12 => new Verbatim(0xc7, 2, 5, 1, 2),
        13 => value is object?[] array ? Resized(array) : random.Next() % 2 == 0,
        14 => value is object?[] array ? array.Reverse().ToArray() : new object?[] { value },
        _ => value is string ? "BlockStored" : (long)random.Next(),
    };

    private object?[] Resized(object?[] array) =>
        random.Next(2) == 0 || array.Length == 0 ? [.. array, .. array, 7] : array[..random.Next(array.Length)];

    private static Verbatim Nest(int depth)
    {
        var bytes = new byte[depth + 1];
        bytes.AsSpan().Fill(0x91);
        bytes[depth] = 0xc0;
        return new Verbatim(bytes);
    }

    /// <summary>The header of an array, map, string or byte string that says that it has up to four billion elements.</summary>
    private byte[] HugeHeader()
    {
        byte[] codes = [0xdd, 0xdf, 0xdb, 0xc6, 0xc9];
        var header = new byte[5];
        header[0] = codes[random.Next(codes.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), random.Next(3) == 0 ? uint.MaxValue : (uint)random.Next());
        return header;
    }
}
