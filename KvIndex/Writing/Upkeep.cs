using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Writing;

/// <summary>
/// What is put off so that nothing takes long: dropping the oldest blocks while the index is over its bound; sweeping retired
/// tags out of all sets, then giving them and their holders' numbers back; emptying chunks in which most entries are
/// dead. Done in small steps by the writer.
/// </summary>
internal sealed unsafe class Upkeep(Epoch epoch, BlockLog log, HolderSets sets, HolderRegistry holders, CopyCounts copies, IndexWriter writer, long maxBytes)
{
    private const int NoChunk = -1;
    private const int SlotsAhead = 16;

    // The sweep: the first so many retired tags are gone from what lies before this place.
    private int _sweptTags;
    private int _sweptChunks;
    private int _sweptEntries;
    private int _lastChunk;

    // The chunk that is being emptied, and whether to make room.
    private int _emptied = NoChunk;
    private int _emptiedEntries;
    private bool _isDropping;

    /// <summary>Bytes that the index occupies.</summary>
    public long Bytes => log.Bytes + sets.Bytes + copies.Bytes;

    /// <summary>Retired tags wait for the sweep.</summary>
    public bool HasSweep => holders.Retired > 0;

    /// <summary>Something is left to do.</summary>
    public bool HasWork => HasSweep || _emptied != NoChunk || log.HasWorn || IsOverBound;

    private bool IsOverBound => maxBytes > 0 && log.Live > 0 && Bytes > maxBytes;

    /// <summary>Looks at no more than <paramref name="entries"/> entries.</summary>
    public void Step(int entries)
    {
        sets.TrimIdle();
        while (entries > 0)
        {
            if (_isDropping || IsOverBound) entries -= Drop(entries);
            else if (HasSweep) entries -= Sweep(entries);
            else if (_emptied != NoChunk || log.HasWorn) entries -= Empty(entries);
            else return;
        }
    }

    private int Sweep(int budget)
    {
        if (_sweptTags == 0)
        {
            // What is retired from here on waits for the next sweep. Chunks that are added meanwhile are clean.
            (_sweptTags, _lastChunk) = (holders.Retired, log.Chunks - 1);
            (_sweptChunks, _sweptEntries) = (0, 0);
        }

        if (_sweptChunks > _lastChunk)
        {
            holders.GiveBackRetired(_sweptTags);
            sets.ForgetIdle();
            _sweptTags = 0;
            return 1;
        }

        var (first, count) = log.EntriesOf(_sweptChunks);
        var end = Math.Min(count, _sweptEntries + budget);
        for (var i = _sweptEntries; i < end; i++)
        {
            if (log.Words[first + i] != BlockWord.None) writer.Clean(first + (uint)i);
        }

        var looked = end - _sweptEntries;
        (_sweptChunks, _sweptEntries) = end == count ? (_sweptChunks + 1, 0) : (_sweptChunks, end);
        return looked + 1;
    }

    /// <summary>
    /// Makes room: the chunk that was begun first is emptied, and what nobody has stored again since goes with it. What is
    /// left moves to the end and is as old as any other when its turn comes again.
    /// </summary>
    private int Drop(int budget)
    {
        if (_emptied == NoChunk) (_emptied, _emptiedEntries) = (log.TakeOldest(), 0);
        if (_emptied == NoChunk) return budget;
        _isDropping = true;
        return Empty(budget);
    }

    private int Empty(int budget)
    {
        if (_emptied == NoChunk) (_emptied, _emptiedEntries) = (log.NextWorn(), 0);

        var (first, count) = log.EntriesOf(_emptied);
        var end = Math.Min(count, _emptiedEntries + budget);
        for (var i = _emptiedEntries; i < end; i++)
        {
            var position = first + (uint)i;
            if (i + SlotsAhead < end) log.PrefetchSlot(log.Keys[position + SlotsAhead]);
            if (_isDropping && (writer.Clean(position) & BlockWord.IsRenewed) == 0) writer.Drop(position);
            log.Evacuate(position);
        }

        var looked = end - _emptiedEntries;
        _emptiedEntries = end;
        if (end == count)
        {
            log.Free(_emptied);
            epoch.Advance();
            (_emptied, _isDropping) = (NoChunk, false);
        }

        return looked + 1;
    }
}
