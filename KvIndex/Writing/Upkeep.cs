using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Writing;

/// <summary>
/// What is put off so that nothing takes long: sweeping retired tags out of all sets, then giving them and their
/// holders' numbers back; emptying chunks in which most entries are dead. Done in small steps by the writer.
/// </summary>
internal sealed class Upkeep(Epoch epoch, BlockTable blocks, HolderSets sets, HolderRegistry holders, IndexWriter writer)
{
    private const int NoChunk = -1;

    // The sweep: the first so many retired tags are gone from what lies before this place.
    private int _sweptTags;
    private int _sweptChunks;
    private int _sweptEntries;
    private int _lastChunk;

    private int _worn = NoChunk;
    private int _evacuated;

    /// <summary>Retired tags wait for the sweep.</summary>
    public bool HasSweep => holders.Retired > 0;

    /// <summary>Something is left to do.</summary>
    public bool HasWork => HasSweep || _worn != NoChunk || blocks.HasWorn;

    /// <summary>Looks at no more than <paramref name="entries"/> entries.</summary>
    public void Step(int entries)
    {
        sets.TrimIdle();
        while (entries > 0 && HasWork) entries -= HasSweep ? Sweep(entries) : Evacuate(entries);
    }

    private int Sweep(int budget)
    {
        if (_sweptTags == 0)
        {
            // What is retired from here on waits for the next sweep. Chunks that are added meanwhile are clean.
            (_sweptTags, _lastChunk) = (holders.Retired, blocks.Chunks - 1);
            (_sweptChunks, _sweptEntries) = (0, 0);
        }

        if (_sweptChunks > _lastChunk)
        {
            holders.GiveBackRetired(_sweptTags);
            sets.ForgetIdle();
            _sweptTags = 0;
            return 1;
        }

        var entries = blocks.EntriesOf(_sweptChunks, out var position);
        var end = Math.Min(entries.Length, _sweptEntries + budget);
        for (var i = _sweptEntries; i < end; i++)
        {
            if (entries[i].Set != 0) writer.Clean(ref entries[i], position + (uint)i);
        }

        var looked = end - _sweptEntries;
        (_sweptChunks, _sweptEntries) = end == entries.Length ? (_sweptChunks + 1, 0) : (_sweptChunks, end);
        return looked + 1;
    }

    private int Evacuate(int budget)
    {
        if (_worn == NoChunk) (_worn, _evacuated) = (blocks.NextWorn(), 0);

        var entries = blocks.EntriesOf(_worn, out var position);
        var end = Math.Min(entries.Length, _evacuated + budget);
        for (var i = _evacuated; i < end; i++) blocks.Evacuate(ref entries[i], position + (uint)i);

        var looked = end - _evacuated;
        _evacuated = end;
        if (end == entries.Length)
        {
            blocks.Free(_worn);
            epoch.Advance();
            _worn = NoChunk;
        }

        return looked + 1;
    }
}
