using System.Runtime.CompilerServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// Goes from key to key of a chain. The next key is expected in the entry after the last one's and compared there;
/// where it is not, the directory is asked, for the following keys too. Nothing is assumed: every key that
/// is reported has been compared.
/// </summary>
internal ref struct BlockCursor
{
    // Keys that are located at a time: few where a run is to be expected, more as long as none comes.
    private const int MinWindow = 4;
    private const int MaxWindow = 32;

    private readonly BlockTable _table;
    private readonly ReadOnlySpan<BlockKey> _keys;
    private ref BlockEntry _entry = ref BlockTable.Nothing;
    private uint _position;
    private Positions _located;
    private int _start;
    private int _end;
    private int _window;

    public BlockCursor(BlockTable table, ReadOnlySpan<BlockKey> keys)
    {
        _table = table;
        _keys = keys;
    }

    /// <summary>The entry's set as <see cref="MoveTo"/> read it.</summary>
    public int Set { get; private set; }

    public readonly ref BlockEntry Entry => ref _entry;

    public readonly uint Position => _position;

    /// <summary>Moves to the entry of the key number <paramref name="i"/>; false, and nowhere, when it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveTo(int i)
    {
        ref var next = ref Unsafe.Add(ref _entry, 1);
        if (!next.IsOf(_keys[i].Value, out var set)) return Search(i);
        _entry = ref next;
        _position++;
        Set = set;
        return true;
    }

    /// <summary>Moves on as long as the following keys' entries follow and have the same set; returns the number of the first key that was not reached.</summary>
    public int SkipSameSet(int i)
    {
        var set = Set;
        ref var next = ref Unsafe.Add(ref _entry, 1);
        var from = i;
        while (i < _keys.Length && Volatile.Read(ref next.Set) == set && next.Key == _keys[i].Value)
        {
            next = ref Unsafe.Add(ref next, 1);
            i++;
        }

        _entry = ref Unsafe.Subtract(ref next, 1);
        _position += (uint)(i - from);
        return i;
    }

    /// <summary>Appends an entry for the key number <paramref name="i"/>, which has none, and moves to it. For the writer.</summary>
    public void Append(int i, int set) => _entry = ref _table.Append(_keys[i].Value, set, out _position);

    private bool Search(int i)
    {
        if (i >= _end) LookAhead(i);

        _position = _located[i - _start];
        _entry = ref _table.At(_position);
        if (!_entry.IsOf(_keys[i].Value, out var set)) _entry = ref _table.Find(_keys[i].Value, out set, out _position);

        Set = set;
        return set != 0;
    }

    private void LookAhead(int i)
    {
        // Searching right after what was located means that there are no runs: look farther ahead.
        _window = i == _end && i > 0 ? Math.Min(_window * 2, MaxWindow) : MinWindow;
        _start = i;
        _end = Math.Min(i + _window, _keys.Length);
        _table.Locate(_keys[i.._end], _located);
    }

    [InlineArray(MaxWindow)]
    private struct Positions
    {
        private uint _first;
    }
}
