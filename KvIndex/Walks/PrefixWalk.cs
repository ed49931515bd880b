using System.Buffers;
using System.Runtime.CompilerServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Walks;

/// <summary>
/// The reader's side: how many leading blocks every holder has. Any number of threads; no lock, no allocation.
/// <para>
/// What a walk finds beside a writer: each block as it was at some moment of the walk. Clearing or removing a holder
/// counts whole or not at all, because tags are translated into holders by one read each, when they drop out. A walk
/// during which the epoch changed is done again.
/// </para>
/// </summary>
internal sealed class PrefixWalk(Epoch epoch, BlockTable blocks, HolderSets sets, HolderRegistry holders)
{
    // 64 words: 4096 tags without renting.
    private const int StackWords = 64;

    [SkipLocalsInit]
    public void Run(ReadOnlySpan<BlockKey> keys, PrefixMatches matches)
    {
        Span<ulong> words = stackalloc ulong[StackWords];
        ulong[]? rented = null;
        long began;
        do
        {
            began = epoch.Current;
            matches.Reset();
            if (keys.IsEmpty) return;

            // 1. The first block's holders are alive.
            var cursor = new BlockCursor(blocks, keys);
            if (!cursor.MoveTo(0) || cursor.Set == HolderSets.Empty) continue;
            var current = cursor.Set;
            var first = sets[current];
            if (first.Words.Length > words.Length)
            {
                if (rented is not null) ArrayPool<ulong>.Shared.Return(rented);
                words = rented = ArrayPool<ulong>.Shared.Rent(first.Words.Length);
            }

            var alive = new AliveHolders(words, holders, matches);
            alive.Start(first);

            // 2. Each following block keeps those that have it; most blocks have the set of the one before.
            var i = 1;
            while ((i = cursor.SkipSameSet(i)) < keys.Length && cursor.MoveTo(i))
            {
                if (cursor.Set != current)
                {
                    current = cursor.Set;
                    if (current == HolderSets.Empty || !alive.Narrow(sets[current], i)) break;
                }

                i++;
            }

            // 3. Who is left has as many blocks as were found.
            alive.ReportAll(i);
        }
        while (!epoch.IsStill(began));

        if (rented is not null) ArrayPool<ulong>.Shared.Return(rented);
    }
}
