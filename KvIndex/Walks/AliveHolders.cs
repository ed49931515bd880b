using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Walks;

/// <summary>
/// The holders that have had every block of a walk so far, as words of 64 tags. It only ever shrinks; whoever drops
/// out is reported with the number of blocks before.
/// </summary>
/// <param name="words">Room for the first block's set.</param>
/// <param name="holders">Who stands behind a tag.</param>
/// <param name="matches">Where to report.</param>
internal ref struct AliveHolders(Span<ulong> words, HolderRegistry holders, PrefixMatches matches)
{
    private readonly Span<ulong> _words = words;
    private int _first;
    private int _count;

    public void Start(HolderSet set)
    {
        _first = set.First;
        _count = set.Words.Length;
        set.Words.CopyTo(_words);
    }

    /// <summary>Keeps those that are in <paramref name="set"/> too; false when none are.</summary>
    public readonly bool Narrow(HolderSet set, int blocks)
    {
        var left = 0UL;
        for (var i = 0; i < _count; i++)
        {
            var other = set.WordAt(_first + i);
            var gone = _words[i] & ~other;
            _words[i] &= other;
            left |= _words[i];
            if (gone != 0) Report(i, gone, blocks);
        }

        return left != 0;
    }

    public readonly void ReportAll(int blocks)
    {
        for (var i = 0; i < _count; i++) Report(i, _words[i], blocks);
    }

    private readonly void Report(int word, ulong tags, int blocks)
    {
        for (; tags != 0; tags &= tags - 1)
        {
            var owner = holders.OwnerOf(HolderSet.LowestTag(_first + word, tags));
            if (owner >= 0) matches.Set(new HolderId(owner), blocks);
        }
    }
}
