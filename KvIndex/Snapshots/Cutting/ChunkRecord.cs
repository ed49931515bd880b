using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OrleansKvRouter.KvIndex.Blocks;
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

    private readonly Dictionary<uint, int> _setNumbers = [];
    private readonly Dictionary<int, int[]> _twice = [];
    private readonly List<int> _members = [];
    private readonly List<int> _tags = [];
    private readonly List<BlockRun> _runs = [];
    private readonly List<ulong> _keys = [];
    private readonly List<RecordedCopies> _more = [];
    private int _sets;

    /// <summary>Blocks in the record written last.</summary>
    public int Blocks => _keys.Count;

    /// <summary>False when no block of the chunk has a holder: then nothing is written.</summary>
    public bool TryWrite(ChunkCopy chunk, ArrayBufferWriter<byte> to)
    {
        Clear();
        for (var i = 0; i < chunk.Keys.Length; i++)
        {
            var id = BlockWord.SetOf(chunk.Words[i]);
            var set = id <= HolderSets.Empty ? Left : NumberOf(id);
            if (set == Left) continue;
            if (_twice.TryGetValue(set, out var tags))
            {
                foreach (var tag in tags) _more.Add(new RecordedCopies(_keys.Count, tag, 1 + chunk.More.GetValueOrDefault((i, tag))));
            }

            _keys.Add(chunk.Keys[i]);
            if (_runs.Count > 0 && _runs[^1].Set == set) CollectionsMarshal.AsSpan(_runs)[^1].Length++;
            else _runs.Add(new BlockRun(set, 1));
        }

        if (_keys.Count == 0) return false;
        Write(to);
        return true;
    }

    private void Clear()
    {
        _setNumbers.Clear();
        _twice.Clear();
        _tags.Clear();
        _runs.Clear();
        _keys.Clear();
        _more.Clear();
        _sets = 0;
    }

    /// <summary>The set's number in this record, given when it is met first; none for a set all of whose tags are retired.</summary>
    private int NumberOf(uint id)
    {
        if (_setNumbers.TryGetValue(id, out var known)) return known;
        _members.Clear();
        cut.Sets.AddTagsTo(_members, id);
        var at = _tags.Count;
        _tags.Add(0);
        _tags.AddRange(_members.Where(tag => cut.Owners[tag] >= 0));
        _tags[at] = _tags.Count - at - 1;
        if (_tags[at] == 0)
        {
            _tags.RemoveAt(at);
            return _setNumbers[id] = Left;
        }

        int[] twice = [.. _members.Select(tag => cut.CopyTags[tag]).Where(tag => tag >= 0)];
        if (twice.Length > 0) _twice.Add(_sets, twice);
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
