using System.Buffers;
using OrleansKvRouter.KvIndex.Blocks;

namespace OrleansKvRouter.KvIndex.Snapshots.Cutting;

/// <summary>A holder has a block more than once.</summary>
/// <param name="Entry">The block's place in the copy.</param>
/// <param name="Tag">What stands for the holder.</param>
/// <param name="More">Copies beyond the first.</param>
internal readonly record struct MoreCopies(int Entry, int Tag, int More);

/// <summary>What a chunk was at the cut.</summary>
/// <param name="rented">Entries, from the pool.</param>
/// <param name="count">How many of them.</param>
/// <param name="more">Blocks that holders have more than once, by entry.</param>
internal sealed class ChunkCopy(BlockEntry[] rented, int count, MoreCopies[] more) : IDisposable
{
    public ReadOnlySpan<BlockEntry> Entries => rented.AsSpan(0, count);

    public ReadOnlySpan<MoreCopies> More => more;

    public void Dispose() => ArrayPool<BlockEntry>.Shared.Return(rented);
}
