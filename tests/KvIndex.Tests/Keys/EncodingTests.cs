using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Keys.Encodings;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

/// <summary>The fast paths of encoding and hashing against the plain ones.</summary>
public sealed class EncodingTests
{
    [Fact]
    public void WriteWide_EveryWidth_SameAsEach()
    {
        if (!Avx512Vbmi2.IsSupported) return;
        uint[] edges = [0, 1, 23, 24, 31, 32, 255, 256, 65_535, 65_536, 151_643, int.MaxValue, 0x8000_0000, uint.MaxValue];
        var random = new Random(3);
        for (var round = 0; round < 2_000; round++)
        {
            uint[] tokens = [.. Enumerable.Range(0, 64).Select(_ => edges[random.Next(edges.Length)])];
            byte[] wide = new byte[CborTokens.MaxBytes(64)], each = new byte[CborTokens.MaxBytes(64)];

            var length = CborTokens.WriteEach(ref each[0], tokens);

            Assert.Equal(length, CborTokens.WriteWide(ref wide[0], tokens));
            Assert.Equal(each.AsSpan(0, length), wide.AsSpan(0, length));
        }
    }

    [Fact]
    public void WriteWide_PickledEveryWidth_SameAsEach()
    {
        if (!Avx512Vbmi2.IsSupported) return;
        uint[] edges = [0, 1, 255, 256, 65_535, 65_536, 151_643, int.MaxValue, 0x8000_0000, uint.MaxValue];
        var random = new Random(5);
        for (var round = 0; round < 5_000; round++)
        {
            var most = random.Next(1, edges.Length + 1);
            uint[] tokens = [.. Enumerable.Range(0, 8).Select(_ => edges[random.Next(most)])];
            byte[] wide = new byte[PickleTokens.MaxBytes(8)], each = new byte[PickleTokens.MaxBytes(8)];

            var length = PickleTokens.WriteEach(ref each[0], tokens);

            Assert.Equal(length, PickleTokens.WriteWide(ref wide[0], tokens));
            Assert.Equal(each.AsSpan(0, length), wide.AsSpan(0, length));
        }
    }

    [Fact]
    public void Compute_EveryLength_SameAsPlatform()
    {
        var random = new Random(4);
        var lengths = Enumerable.Range(0, 400).Append(16_384).Append(40_000);
        foreach (var length in lengths)
        {
            var buffer = new byte[length + Sha256Digest.Padding];
            random.NextBytes(buffer);
            var expected = SHA256.HashData(buffer.AsSpan(0, length));
            var digest = new byte[Sha256Digest.Size];

            Sha256Digest.Compute(buffer, length, digest);

            Assert.Equal(expected, digest);
        }
    }
}
