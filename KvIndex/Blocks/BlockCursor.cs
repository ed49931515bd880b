using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// Goes from key to key of a chain. The next key is expected in the entry after the last one's and compared there;
/// where it is not, where an anchor says; else the directory is asked, for the following keys too. Nothing is
/// assumed: every key that is reported has been compared.
/// </summary>
internal unsafe ref struct BlockCursor
{
    // Keys that are located at a time: few where a run is to be expected, more as long as none comes.
    private const int MinWindow = 4;
    private const int MaxWindow = 32;

    private readonly BlockLog _log;
    private readonly ReadOnlySpan<BlockKey> _keys;
    private readonly int _minWindow;
    private Anchors _anchors = new();
    private Positions _located;
    private int _start;
    private int _end;
    private int _window;
    private int _searches;
    private bool _isLocated;
    private bool _expectsNew;
    private KeyDirectory.Vacancy _vacancy;

    private BlockCursor(BlockLog log, ReadOnlySpan<BlockKey> keys, int minWindow)
    {
        _log = log;
        _keys = keys;
        _minWindow = minWindow;
    }

    /// <summary>For the writer that takes away.</summary>
    /// <param name="log">All entries.</param>
    /// <param name="keys">Those of one event.</param>
    /// <param name="isScattered">No runs are to be expected.</param>
    public static BlockCursor ForRemoving(BlockLog log, ReadOnlySpan<BlockKey> keys, bool isScattered) => new(log, keys, isScattered ? MaxWindow : MinWindow);

    /// <summary>For the writer that adds: keys among which no runs are to be expected are probably new.</summary>
    public static BlockCursor ForStoring(BlockLog log, ReadOnlySpan<BlockKey> keys, bool isScattered) => ForRemoving(log, keys, isScattered) with { _expectsNew = isScattered };

    /// <summary>For walks. On the first key, or nowhere when it has no entry.</summary>
    public static BlockCursor ForWalking(BlockLog log, ReadOnlySpan<BlockKey> keys)
    {
        // Everything that can be asked for is under way before the first answer is needed.
        var cursor = new BlockCursor(log, keys, MinWindow);
        log.PrefetchSlot(keys[0].Value);
        Anchors.Prefetch(log, keys, 0);
        if (log.Locate(keys[0].Value) == BlockLog.Nowhere) return cursor;
        cursor._anchors.Locate(log, keys, 0);
        cursor.Position = log.Find(keys[0].Value, out var word);
        cursor.Word = word;
        return cursor;
    }

    /// <summary>The entry's word as it was read.</summary>
    public uint Word { get; private set; }

    /// <summary>Most keys so far had no entry, or none that followed the last one's.</summary>
    public readonly bool IsScattered => _searches * 4 > _keys.Length;

    public uint Position { get; private set; } = BlockLog.Nowhere;

    /// <summary>Moves to the entry of the key number <paramref name="i"/>; false, and nowhere, when it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveTo(int i)
    {
        Word = _log.WordOf(_keys[i].Value, ++Position);
        return Word != BlockWord.None || Search(i);
    }

    /// <summary>
    /// From the entry of the key number <paramref name="i"/> on: how many keys' entries follow each other and have the
    /// same word, that one included.
    /// </summary>
    public readonly int CountSameWord(int i, int max)
    {
        var keys = _log.Keys + Position;
        var words = _log.Words + Position;
        ref var wanted = ref Unsafe.As<BlockKey, ulong>(ref Unsafe.AsRef(in _keys[i]));
        var n = 1;
        if (max == 1 || words[1] != Word || keys[1] != Unsafe.Add(ref wanted, 1)) return n;

        // The words first, then the keys: see BlockLog.
        for (var same = Vector256.Create(Word); n + Vector256<uint>.Count <= max; n += Vector256<uint>.Count)
        {
            var areSame = Vector256.EqualsAll(Vector256.Load(words + n), same);
            Volatile.ReadBarrier();
            var low = Vector256.Load(keys + n) ^ Vector256.LoadUnsafe(ref wanted, (nuint)n);
            var high = Vector256.Load(keys + n + 4) ^ Vector256.LoadUnsafe(ref wanted, (nuint)n + 4);
            if (!areSame || (low | high) != Vector256<ulong>.Zero) break;
        }

        while (n < max && Volatile.Read(ref words[n]) == Word && keys[n] == Unsafe.Add(ref wanted, n)) n++;
        return n;
    }

    /// <summary>Moves over entries that were counted.</summary>
    public void Skip(int entries) => Position += (uint)entries;

    /// <summary>Moves to an entry for the key number <paramref name="i"/>, which <see cref="MoveTo"/> has just found to have none, and gets one. For the writer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(int i, uint word)
    {
        (Position, Word) = (_log.Append(_keys[i].Value, word, _vacancy), word);
        _expectsNew = true;
    }

    private bool Search(int i)
    {
        _searches++;
        var key = _keys[i].Value;
        var guess = _anchors.Guess(i);
        if (guess != BlockLog.Nowhere && (Word = _log.WordOf(key, guess)) != BlockWord.None)
        {
            Position = guess;
            return true;
        }

        if (i >= _end) LookAhead(i);
        if (_isLocated)
        {
            Position = _located[i - _start];
            Word = Position == BlockLog.Nowhere ? BlockWord.None : _log.WordOf(key, Position);
            if (Word != BlockWord.None) return true;
        }

        Position = _log.Find(key, out var word, out _vacancy);
        Word = word;
        if (word == BlockWord.None) return false;
        _expectsNew = false;
        return true;
    }

    private void LookAhead(int i)
    {
        // Searching right after what was located means that there are no runs: look farther ahead.
        _window = i == _end && i > 0 ? Math.Min(Math.Max(_window, _minWindow) * 2, MaxWindow) : _minWindow;
        _start = i;
        _end = Math.Min(i + _window, _keys.Length);
        if (_end - i == MaxWindow) _log.PrefetchSlots(_keys[_end..Math.Min(_end + MaxWindow, _keys.Length)]);

        // Keys that have no entries need only their lines in the directory, once.
        _isLocated = !_expectsNew;
        if (_isLocated) _log.Locate(_keys[i.._end], _located);
        else _log.PrefetchSlots(_keys[i.._end]);
    }

    [InlineArray(MaxWindow)]
    private struct Positions
    {
        private uint _first;
    }
}
