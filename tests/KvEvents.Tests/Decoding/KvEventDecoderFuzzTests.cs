using FsCheck;
using FsCheck.Xunit;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Decoding;

public sealed class KvEventDecoderFuzzTests
{
    private const int InputsPerSeed = 100;

    /// <summary>Rooms for hashes (8 bytes) and tokens (4) double, records cost about 7 bytes for each of an event's 15: far below this.</summary>
    private const int AllocatedPerPayloadByte = 64;

    private static readonly byte[][] Valid =
    [
        MsgPack.Batch(
            MsgPack.Stored([1ul << 63, -4], 17, Pods.Tokens(32), 16, lora: "adapter", extraKeys: new object?[] { new object?[] { "adapter", "salt" }, null }),
            MsgPack.Removed(new byte[32], 99),
            MsgPack.Cleared),
        MsgPack.Batch(
            MsgPack.Map(("type", "BlockStored"), ("block_hashes", new object?[] { 5 }), ("parent_block_hash", null), ("token_ids", new object?[] { 1, 300, 70_000, 3 }), ("block_size", 4), ("medium", "GPU"), ("group_idx", 1)),
            MsgPack.Map(("type", "BlockRemoved"), ("block_hashes", new object?[] { new byte[16] }), ("later", MsgPack.Map(("a", 1.5))))),
    ];

    private readonly KvEventDecoder _decoder = new();

    [Property(MaxTest = 2000)]
    public bool TryDecode_MutatedAndRandomBytes_NeverThrowsAndStaysSmall(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var batch = new KvEventBatch();
        for (var i = 0; i < InputsPerSeed; i++)
        {
            var input = i % 4 == 0 ? Noise(random) : Mutate(Valid[random.Next(Valid.Length)], random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var decoded = _decoder.TryDecode(input, batch, out var error);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > 1024 + (input.Length * AllocatedPerPayloadByte)) return false;
            if (decoded != error.Reason is null || error.Offset < 0 || error.Offset > input.Length) return false;
            if (decoded) Touch(batch, input);
        }

        return true;
    }

    private static void Touch(KvEventBatch batch, byte[] payload)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch.KindOf(i) == KvEventKind.BlockRemoved) _ = batch.Removed(i).Hashes.Length;
            if (batch.KindOf(i) != KvEventKind.BlockStored) continue;
            var stored = batch.Stored(i);
            ExtraKeysReader.Read(payload.AsSpan()[stored.ExtraKeys], stored.LoraName is not null, 4, out _);
        }
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var bytes = valid.ToList();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.Insert(at, (byte)random.Next(0x80, 0x100)); break;
                case 3: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 5))); break;
                default: bytes.AddRange(bytes.GetRange(at, Math.Min(bytes.Count - at, 16))); break;
            }

            if (bytes.Count == 0) bytes.Add(0x93);
        }

        return [.. bytes];
    }
}
