using System.Buffers;
using System.Buffers.Binary;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Bench.Decode;

/// <summary>
/// Messages as vLLM publishes them: one BlockStored of 64 blocks with hashes of 32 bytes, in array form. Eight events
/// make a chain. An exact engine's hashes are the pool's own; another's are those of another seed.
/// </summary>
internal static class StoredEvents
{
    public const int Blocks = 64;
    private const int EventsPerChain = 8;
    private const int Vocabulary = 151_936;

    /// <returns>The events, and for each the one that removes its blocks.</returns>
    public static (byte[][] Stored, byte[][] Removed) Create(int count, int blockSize, IKeyFunction engine)
    {
        var random = new Random(1);
        var tokens = new uint[Blocks * blockSize];
        var hashes = new byte[Blocks][];
        var chain = engine.Root;
        var events = new byte[count][];
        var removals = new byte[count][];
        for (var e = 0; e < count; e++)
        {
            var isRoot = e % EventsPerChain == 0;
            if (isRoot) chain = engine.Root;
            var parent = chain.Bytes.ToArray();
            for (var i = 0; i < tokens.Length; i++) tokens[i] = (uint)random.Next(Vocabulary);
            for (var b = 0; b < Blocks; b++)
            {
                _ = engine.Next(ref chain, tokens.AsSpan(b * blockSize, blockSize), default);
                hashes[b] = chain.Bytes.ToArray();
            }

            events[e] = Encode(hashes, isRoot ? null : parent, tokens, blockSize);
            removals[e] = EncodeRemoval(hashes);
        }

        return (events, removals);
    }

    /// <summary><c>[time, [["BlockStored", hashes, parent, tokens, block size, lora id, medium]], rank]</c>.</summary>
    private static byte[] Encode(byte[][] hashes, byte[]? parent, uint[] tokens, int blockSize)
    {
        var to = new ArrayBufferWriter<byte>(32 * 1024);
        to.Write((ReadOnlySpan<byte>)[0x93, 0xcb, 0x41, 0xd9, 0, 0, 0, 0, 0, 0, 0x91, 0x97, 0xab]);
        to.Write("BlockStored"u8);
        WriteArray(to, hashes.Length);
        foreach (var hash in hashes) WriteBytes(to, hash);
        if (parent is null) to.Write((ReadOnlySpan<byte>)[0xc0]);
        else WriteBytes(to, parent);
        WriteArray(to, tokens.Length);
        foreach (var token in tokens) WriteUnsigned(to, token);
        WriteUnsigned(to, (uint)blockSize);
        to.Write((ReadOnlySpan<byte>)[0xc0, 0xa3, (byte)'G', (byte)'P', (byte)'U', 0]);
        return to.WrittenSpan.ToArray();
    }

    /// <summary><c>[time, [["BlockRemoved", hashes, medium]], rank]</c>.</summary>
    private static byte[] EncodeRemoval(byte[][] hashes)
    {
        var to = new ArrayBufferWriter<byte>(4 * 1024);
        to.Write((ReadOnlySpan<byte>)[0x93, 0xcb, 0x41, 0xd9, 0, 0, 0, 0, 0, 0, 0x91, 0x93, 0xac]);
        to.Write("BlockRemoved"u8);
        WriteArray(to, hashes.Length);
        foreach (var hash in hashes) WriteBytes(to, hash);
        to.Write((ReadOnlySpan<byte>)[0xa3, (byte)'G', (byte)'P', (byte)'U', 0]);
        return to.WrittenSpan.ToArray();
    }

    private static void WriteArray(ArrayBufferWriter<byte> to, int count)
    {
        to.Write((ReadOnlySpan<byte>)[0xdc]);
        BinaryPrimitives.WriteUInt16BigEndian(to.GetSpan(2), (ushort)count);
        to.Advance(2);
    }

    private static void WriteBytes(ArrayBufferWriter<byte> to, byte[] bytes)
    {
        to.Write((ReadOnlySpan<byte>)[0xc4, (byte)bytes.Length]);
        to.Write(bytes.AsSpan());
    }

    private static void WriteUnsigned(ArrayBufferWriter<byte> to, uint value)
    {
        switch (value)
        {
            case < 0x80:
                to.Write((ReadOnlySpan<byte>)[(byte)value]);
                break;
            case <= byte.MaxValue:
                to.Write((ReadOnlySpan<byte>)[0xcc, (byte)value]);
                break;
            case <= ushort.MaxValue:
                to.Write((ReadOnlySpan<byte>)[0xcd, (byte)(value >> 8), (byte)value]);
                break;
            default:
                to.Write((ReadOnlySpan<byte>)[0xce, (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
                break;
        }
    }
}
