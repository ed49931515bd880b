using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// Merges a word of few bytes. Symbols stay where their first byte is, one bit each says which are left, and the pairs'
/// ranks lie in one array on the stack that is searched anew, eight at a time, for each merge: quadratic, and faster
/// than any heap up to <see cref="MaxBytes"/>.
/// </summary>
internal static class ShortWord
{
    /// <summary>Bits of the set of symbols that are left.</summary>
    public const int MaxBytes = 64;

    public static void Encode(ReadOnlySpan<byte> word, ByteSymbols symbols, MergeTable merges, TokenBuffer into)
    {
        Span<uint> ids = stackalloc uint[MaxBytes];
        Span<int> space = stackalloc int[MaxBytes];
        var ranks = space[..((word.Length + 7) & ~7)];
        ranks.Fill(MergeTable.None);
        for (var i = 0; i < word.Length; i++) ids[i] = symbols.Id(word[i]);
        for (var i = 0; i < word.Length - 1; i++) ranks[i] = symbols.Rank(word[i], word[i + 1]);

        var left = ulong.MaxValue >> (MaxBytes - word.Length);
        while (Lowest(ranks) is var rank and not MergeTable.None)
        {
            // The first of the lowest: equal ranks merge from left to right.
            var at = ranks.IndexOf(rank);
            ids[at] = merges.Merged(rank);
            var gone = Next(left, at);
            left &= ~(1UL << gone);
            ranks[gone] = MergeTable.None;
            var next = Next(left, at);
            ranks[at] = next < MaxBytes ? merges.Rank(ids[at], ids[next]) : MergeTable.None;
            var previous = Previous(left, at);
            if (previous >= 0) ranks[previous] = merges.Rank(ids[previous], ids[at]);
        }

        for (; left != 0; left &= left - 1) into.Add(ids[BitOperations.TrailingZeroCount(left)]);
    }

    private static int Lowest(ReadOnlySpan<int> ranks)
    {
        var lowest = Vector256.Create(MergeTable.None);
        foreach (var eight in MemoryMarshal.Cast<int, Vector256<int>>(ranks)) lowest = Vector256.Min(lowest, eight);
        var four = Vector128.Min(lowest.GetLower(), lowest.GetUpper());
        return Math.Min(Math.Min(four[0], four[1]), Math.Min(four[2], four[3]));
    }

    /// <summary>The first symbol behind <paramref name="at"/>; <see cref="MaxBytes"/> for none.</summary>
    private static int Next(ulong left, int at) => BitOperations.TrailingZeroCount(left & ~1UL << at);

    /// <summary>The last symbol before <paramref name="at"/>; -1 for none.</summary>
    private static int Previous(ulong left, int at) => MaxBytes - 1 - BitOperations.LeadingZeroCount(left & ((1UL << at) - 1));
}
