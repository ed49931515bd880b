namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// Merges a word of few bytes: the pairs' ranks lie in one small array on the stack, which is searched anew for each
/// merge. Quadratic, and faster than any heap up to <see cref="MaxBytes"/>.
/// </summary>
internal static class ShortWord
{
    public const int MaxBytes = 96;

    public static void Encode(ReadOnlySpan<byte> word, uint[] byteIds, MergeTable merges, TokenBuffer into)
    {
        Span<uint> ids = stackalloc uint[MaxBytes];
        Span<int> ranks = stackalloc int[MaxBytes];
        var count = word.Length;
        for (var i = 0; i < count; i++) ids[i] = byteIds[word[i]];
        for (var i = 0; i < count - 1; i++) ranks[i] = merges.Rank(ids[i], ids[i + 1]);

        while (count > 1)
        {
            var best = IndexOfLowest(ranks[..(count - 1)]);
            if (ranks[best] == MergeTable.None) break;
            ids[best] = merges.Merged(ranks[best]);
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            ranks[(best + 1)..(count - 1)].CopyTo(ranks[best..]);
            count--;
            if (best < count - 1) ranks[best] = merges.Rank(ids[best], ids[best + 1]);
            if (best > 0) ranks[best - 1] = merges.Rank(ids[best - 1], ids[best]);
        }

        into.Add(ids[..count]);
    }

    /// <summary>The first of the lowest: equal ranks merge from left to right.</summary>
    private static int IndexOfLowest(ReadOnlySpan<int> ranks)
    {
        var (best, lowest) = (0, ranks[0]);
        for (var i = 1; i < ranks.Length; i++)
        {
            if (ranks[i] < lowest) (best, lowest) = (i, ranks[i]);
        }

        return best;
    }
}
