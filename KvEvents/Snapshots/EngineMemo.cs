using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// What the next process that applies an engine's events must know beside the position of its stream, in 64 bits: whether it can go
/// on at all (bit 0; not where hashes are mapped, since the map stays behind), the trust that the engine's hashes earn (bits 1–3), pool
/// blocks in a block (8–15), the rank (16–31), and the KV-cache group that counts, plus one (32–63; 0 while it is not known).
/// </summary>
internal readonly record struct EngineMemo(bool CanGoOn, TrustState Trust, int KeysPerBlock, int Rank, uint? Group)
{
    public ulong Pack() =>
        !CanGoOn || KeysPerBlock > byte.MaxValue || Rank > ushort.MaxValue || Group == uint.MaxValue
            ? 0
            : 1UL | ((ulong)Trust << 1) | ((ulong)KeysPerBlock << 8) | ((ulong)Rank << 16) | ((ulong)(Group + 1 ?? 0) << 32);

    public static EngineMemo Unpack(ulong memo) => new(
        (memo & 1) != 0,
        (TrustState)((memo >> 1) & 7),
        (int)((memo >> 8) & byte.MaxValue),
        (int)((memo >> 16) & ushort.MaxValue),
        (uint)(memo >> 32) is > 0 and var group ? group - 1 : null);
}
