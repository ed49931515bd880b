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
internal sealed unsafe class PrefixWalk(Epoch epoch, BlockLog log, HolderSets sets, HolderRegistry holders)
{
    // 64 words: 4096 tags without renting.
    private const int StackWords = 64;

    // Where nearly every block has a set of its own, so many sets are asked for ahead.
    private const int SetsAhead = 8;

    [SkipLocalsInit]
    public void Run(ReadOnlySpan<BlockKey> keys, PrefixMatches matches)
    {
        Span<ulong> words = stackalloc ulong[StackWords];
        Span<ushort> places = stackalloc ushort[StackWords];
        long began;
        do
        {
            began = epoch.Current;
            matches.Reset();
            if (keys.IsEmpty) return;
            Follow(keys, words, places, matches);
        }
        while (!epoch.IsStill(began));
    }

    private void Follow(ReadOnlySpan<BlockKey> keys, Span<ulong> words, Span<ushort> places, PrefixMatches matches)
    {
        // 1. The first block's holders are alive. Its set is on its way while the blocks that share it are counted.
        var cursor = BlockCursor.ForWalking(log, keys);
        var current = BlockWord.SetOf(cursor.Word);
        if (cursor.Word == BlockWord.None || current == HolderSets.Empty) return;
        sets.Prefetch(current);
        var i = Same(ref cursor, 0, keys.Length);
        sets[current].Read(out var firstWords, out var firstPlaces);
        var rented = (Words: (ulong[]?)null, Places: (ushort[]?)null);
        if (firstWords.Length > StackWords)
        {
            rented = (ArrayPool<ulong>.Shared.Rent(firstWords.Length), ArrayPool<ushort>.Shared.Rent(firstWords.Length));
            words = rented.Words;
            places = rented.Places;
        }

        var alive = new AliveHolders(words, places, holders, matches);
        alive.Start(firstWords, firstPlaces);

        // 2. Each following block keeps those that have it; most blocks have the set of the one before.
        var isAnyone = true;
        while (isAnyone && i < keys.Length && cursor.MoveTo(i))
        {
            var (next, at) = (BlockWord.SetOf(cursor.Word), i);
            if (next == HolderSets.Empty) break;
            if (next != current) sets.Prefetch(next);
            i = Same(ref cursor, i, keys.Length);
            if (next != current) isAnyone = alive.Narrow(sets[next], at);
            current = next;
        }

        // 3. Who is left has as many blocks as were found.
        if (isAnyone) alive.ReportAll(i);
        if (rented.Words is null) return;
        ArrayPool<ulong>.Shared.Return(rented.Words);
        ArrayPool<ushort>.Shared.Return(rented.Places!);
    }

    /// <summary>Goes to the last of the blocks that have the same set and follow each other; returns the number of the one after.</summary>
    private int Same(ref BlockCursor cursor, int i, int end)
    {
        var same = cursor.CountSameWord(i, end - i);
        cursor.Skip(same - 1);
        if (same <= SetsAhead) sets.Prefetch(BlockWord.SetOf(log.Words[cursor.Position + SetsAhead]));
        return i + same;
    }
}
