using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>vLLM's SHA-256 (v0.10.2 on): the chain goes through all 32 bytes, the last eight are the key.</summary>
internal readonly struct Sha256Full : IBlockDigest
{
    public static int Size => Sha256Digest.Size;

    public static int Padding => Sha256Digest.Padding;

    public static void Compute(Span<byte> buffer, int length, Span<byte> digest) => Sha256Digest.Compute(buffer, length, digest);

    public static ulong Key(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt64BigEndian(digest[^8..]);
}

/// <summary>vLLM's SHA-256 cut to 64 bits (v0.10.0 to v0.10.1.1): the last eight bytes are all there is.</summary>
internal readonly struct Sha256Short : IBlockDigest
{
    public static int Size => sizeof(ulong);

    public static int Padding => Sha256Digest.Padding;

    [SkipLocalsInit]
    public static void Compute(Span<byte> buffer, int length, Span<byte> digest)
    {
        Span<byte> full = stackalloc byte[Sha256Digest.Size];
        Sha256Digest.Compute(buffer, length, full);
        full[^sizeof(ulong)..].CopyTo(digest);
    }

    public static ulong Key(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt64BigEndian(digest);
}

/// <summary>SGLang's SHA-256: the chain goes through all 32 bytes, the first eight are the key.</summary>
internal readonly struct Sha256Leading : IBlockDigest
{
    public static int Size => Sha256Digest.Size;

    public static int Padding => Sha256Digest.Padding;

    public static void Compute(Span<byte> buffer, int length, Span<byte> digest) => Sha256Digest.Compute(buffer, length, digest);

    public static ulong Key(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt64BigEndian(digest);
}

/// <summary>XXH3 with 128 bits in canonical (big-endian) order; the last eight bytes are the key.</summary>
internal readonly struct Xxh3 : IBlockDigest
{
    public static int Size => 16;

    public static int Padding => 0;

    public static void Compute(Span<byte> buffer, int length, Span<byte> digest) => XxHash128.Hash(buffer[..length], digest);

    public static ulong Key(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt64BigEndian(digest[^8..]);
}
