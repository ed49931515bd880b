using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Walks;

/// <summary>
/// The holders that have had every block of a walk so far, as words of 64 tags with their places. It only ever shrinks; whoever drops
/// out is reported with the number of blocks before.
/// </summary>
/// <param name="words">Room for the first block's set.</param>
/// <param name="places">As much room.</param>
/// <param name="holders">Who stands behind a tag.</param>
/// <param name="matches">Where to report.</param>
internal ref struct AliveHolders(Span<ulong> words, Span<ushort> places, HolderRegistry holders, PrefixMatches matches)
{
    private readonly Span<ulong> _words = words;
    private readonly Span<ushort> _places = places;
    private int _count;

    public void Start(ReadOnlySpan<ulong> setWords, ReadOnlySpan<ushort> setPlaces)
    {
        _count = setWords.Length;
        setWords.CopyTo(_words);
        setPlaces.CopyTo(_places);
    }

    /// <summary>Keeps those that are in <paramref name="set"/> too; false when none are.</summary>
    public bool Narrow(HolderSet set, int blocks)
    {
        set.Read(out var otherWords, out var otherPlaces);
        var (kept, at) = (0, 0);
        for (var i = 0; i < _count; i++)
        {
            var place = _places[i];
            while (at < otherPlaces.Length && otherPlaces[at] < place) at++;
            var other = at < otherPlaces.Length && otherPlaces[at] == place ? otherWords[at] : 0;
            var gone = _words[i] & ~other;
            if (gone != 0) Report(place, gone, blocks);
            var left = _words[i] & other;
            if (left == 0) continue;
            (_words[kept], _places[kept]) = (left, place);
            kept++;
        }

        _count = kept;
        return kept != 0;
    }

    public readonly void ReportAll(int blocks)
    {
        for (var i = 0; i < _count; i++) Report(_places[i], _words[i], blocks);
    }

    private readonly void Report(int place, ulong tags, int blocks)
    {
        for (; tags != 0; tags &= tags - 1)
        {
            var owner = holders.OwnerOf(HolderSet.LowestTag(place, tags));
            if (owner >= 0) matches.Set(new HolderId(owner), blocks);
        }
    }
}
