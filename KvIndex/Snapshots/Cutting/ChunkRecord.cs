using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OrleansKvRouter.KvIndex.Holders;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvIndex.Snapshots.Cutting;

/// <summary>
/// Writes a chunk as a record of blocks (docs/snapshots.md): its holder sets, then runs of neighbouring blocks with the
/// same set, then the keys. Blocks without holders are left out. One thread.
/// </summary>
internal sealed class ChunkRecord(IndexCut cut)
{
    private const int Left = -1;

    private readonly Dictionary<int, int> _setNumbers = [];
    private readonly List<int> _tags = [];
    private readonly List<BlockRun> _runs = [];
    private readonly List<ulong> _keys = [];
    private readonly List<RecordedCopies> _more = [];
    private int[] _placeOf = [];
    private int _sets;

    /// <summary>Blocks in the record written last.</summary>
    public int Blocks => _keys.Count;

    /// <summary>False when no block of the chunk has a holder: then nothing is written.</summary>
    public bool TryWrite(ChunkCopy chunk, ArrayBufferWriter<byte> to)
    {
        Clear(chunk.Entries.Length);
        for (var i = 0; i < chunk.Entries.Length; i++)
        {
            ref readonly var entry = ref chunk.Entries[i];
            var set = entry.Set <= HolderSets.Empty ? Left : NumberOf(entry.Set);
            if (set == Left) continue;
            _placeOf[i] = _keys.Count;
            _keys.Add(entry.Key);
            if (_runs.Count > 0 && _runs[^1].Set == set) CollectionsMarshal.AsSpan(_runs)[^1].Length++;
            else _runs.Add(new BlockRun(set, 1));
        }

        if (_keys.Count == 0) return false;
        foreach (var more in chunk.More)
        {
            if (_placeOf[more.Entry] != Left && cut.Owners[more.Tag] >= 0) _more.Add(new RecordedCopies(_placeOf[more.Entry], more.Tag, more.More));
        }

        Write(to);
        return true;
    }

    private void Clear(int entries)
    {
        _setNumbers.Clear();
        _tags.Clear();
        _runs.Clear();
        _keys.Clear();
        _more.Clear();
        _sets = 0;
        if (_placeOf.Length < entries) _placeOf = new int[entries];
        _placeOf.AsSpan().Fill(Left);
    }

    /// <summary>The set's number in this record, given when it is met first; none for a set all of whose tags are retired.</summary>
    private int NumberOf(int id)
    {
        if (_setNumbers.TryGetValue(id, out var known)) return known;
        var set = cut.Sets[id]!;
        var at = _tags.Count;
        _tags.Add(0);
        for (var word = set.First; word < set.End; word++)
        {
            for (var tags = set.WordAt(word); tags != 0; tags &= tags - 1)
            {
                var tag = HolderSet.LowestTag(word, tags);
                if (cut.Owners[tag] >= 0) _tags.Add(tag);
            }
        }

        _tags[at] = _tags.Count - at - 1;
        if (_tags[at] == 0)
        {
            _tags.RemoveAt(at);
            return _setNumbers[id] = Left;
        }

        return _setNumbers[id] = _sets++;
    }

    private void Write(ArrayBufferWriter<byte> to)
    {
        Span<int> counts = [_sets, _tags.Count, _runs.Count, _keys.Count, _more.Count];
        foreach (var count in counts) BinaryPrimitives.WriteInt32LittleEndian(Take(to, sizeof(int)), count);
        Append(to, CollectionsMarshal.AsSpan(_tags));
        Append(to, CollectionsMarshal.AsSpan(_runs));
        Append(to, CollectionsMarshal.AsSpan(_more));
        Append(to, CollectionsMarshal.AsSpan(_keys));
    }

    private static Span<byte> Take(ArrayBufferWriter<byte> to, int bytes)
    {
        var span = to.GetSpan(bytes)[..bytes];
        to.Advance(bytes);
        return span;
    }

    // The platforms that .NET runs on here are little-endian, as the format is.
    private static void Append<T>(ArrayBufferWriter<byte> to, ReadOnlySpan<T> values)
        where T : unmanaged => to.Write(MemoryMarshal.AsBytes(values));
}
