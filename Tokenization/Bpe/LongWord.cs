using System.Buffers;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// Merges a word of any length in O(n log n): the symbols are a linked list, and a heap gives the pair of lowest rank,
/// the leftmost of equals. A heap entry whose pair has changed since is skipped when it comes up.
/// </summary>
internal readonly ref struct LongWord
{
    private readonly MergeTable _merges;
    private readonly uint[] _ids;
    private readonly int[] _ranks;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int _length;

    private LongWord(ReadOnlySpan<byte> word, ByteSymbols symbols, MergeTable merges)
    {
        _merges = merges;
        _length = word.Length;
        _ids = ArrayPool<uint>.Shared.Rent(_length);
        _ranks = ArrayPool<int>.Shared.Rent(_length);
        _next = ArrayPool<int>.Shared.Rent(_length);
        _previous = ArrayPool<int>.Shared.Rent(_length);
        for (var i = 0; i < _length; i++) (_ids[i], _next[i], _previous[i]) = (symbols.Id(word[i]), i + 1, i - 1);
    }

    public static void Encode(ReadOnlySpan<byte> word, ByteSymbols symbols, MergeTable merges, TokenBuffer into)
    {
        var list = new LongWord(word, symbols, merges);
        list.MergeAll();
        for (var at = 0; at < list._length; at = list._next[at]) into.Add(list._ids[at]);
        list.Return();
    }

    private void MergeAll()
    {
        var heap = new RankHeap(_length);
        for (var at = 0; at < _length; at++) Rank(at, ref heap);
        while (heap.TryPop(out var rank, out var at))
        {
            if (_ranks[at] != rank) continue;
            var right = _next[at];
            _ids[at] = _merges.Merged(rank);
            _ranks[right] = MergeTable.None;
            _next[at] = _next[right];
            if (_next[at] < _length) _previous[_next[at]] = at;
            Rank(at, ref heap);
            if (_previous[at] >= 0) Rank(_previous[at], ref heap);
        }

        heap.Return();
    }

    /// <summary>Looks up the pair that starts at <paramref name="at"/> and puts it on the heap if it merges.</summary>
    private void Rank(int at, ref RankHeap heap)
    {
        var right = _next[at];
        _ranks[at] = right < _length ? _merges.Rank(_ids[at], _ids[right]) : MergeTable.None;
        if (_ranks[at] != MergeTable.None) heap.Push(_ranks[at], at);
    }

    private void Return()
    {
        ArrayPool<uint>.Shared.Return(_ids);
        ArrayPool<int>.Shared.Return(_ranks);
        ArrayPool<int>.Shared.Return(_next);
        ArrayPool<int>.Shared.Return(_previous);
    }
}
