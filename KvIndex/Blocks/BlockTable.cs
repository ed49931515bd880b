using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// All entries, in the order in which they were stored: the blocks of an event lie side by side, so a walk along a
/// chain mostly reads memory in sequence, compares each key, and asks the directory only where a run ends. Full
/// chunks in which most entries are dead are emptied by moving the rest to the end.
/// <para>
/// One writer. Readers need no lock: an entry is found through a position that may be out of date, but a chunk that
/// was given up has no entry left with a set, and its memory is used again in a later epoch only; whoever finds no
/// set, or another key, looks whether the position has changed.
/// </para>
/// </summary>
internal sealed class BlockTable
{
    /// <summary>A position that no entry has.</summary>
    public const uint Nowhere = uint.MaxValue;

    private const int ChunkBits = 14;
    private const int SmallestChunk = 64;
    private const int LargestChunk = 1 << ChunkBits;
    private const int MaxSpare = 2;
    private const uint Offset = (1 << ChunkBits) - 1;

    private static readonly BlockEntry[] NoEntries = new BlockEntry[2];

    private readonly KeyDirectory _directory = new();
    private readonly Stack<int> _freeNumbers = new();
    private readonly Queue<int> _worn = new();
    private readonly Stack<BlockEntry[]> _spare = new();
    private volatile BlockEntry[]?[] _chunks = [];
    private ChunkState[] _states = [];
    private int _tail = -1;

    /// <summary>An entry without a set, and before another one.</summary>
    public static ref BlockEntry Nothing => ref NoEntries[0];

    /// <summary>Told before a chunk changes.</summary>
    public ChunkVersions Versions { get; } = new();

    /// <summary>One more than the highest chunk number in use.</summary>
    public int Chunks { get; private set; }

    /// <summary>Entries with at least one holder.</summary>
    public long Live { get; private set; }

    public long Bytes => (_directory.Slots * sizeof(ulong)) + ((Capacity + (_spare.Count * LargestChunk)) * Unsafe.SizeOf<BlockEntry>());

    private long Capacity { get; set; }

    /// <summary>
    /// The entry of a key, and in <paramref name="set"/> what its set was at that moment; <see cref="Nothing"/> and 0
    /// when there is none. For readers and the writer.
    /// </summary>
    public ref BlockEntry Find(ulong key, out int set, out uint position)
    {
        while (true)
        {
            var probe = _directory.Find(key);
            var isStale = false;
            while (!isStale && probe.MoveNext(out position))
            {
                ref var entry = ref At(position);
                if (entry.IsOf(key, out set)) return ref entry;

                // Another key with the same hash, or the entry has moved since the slot was read.
                isStale = probe.IsStale;
            }

            if (isStale) continue;
            (set, position) = (0, Nowhere);
            return ref Nothing;
        }
    }

    /// <summary>
    /// Finds where the entries of several keys probably stand, and asks the processor for them: all cache misses at
    /// once instead of one after another. <see cref="Nowhere"/> for a key that seems to have none.
    /// </summary>
    public unsafe void Locate(ReadOnlySpan<BlockKey> keys, Span<uint> positions)
    {
        foreach (var key in keys) _directory.Prefetch(key.Value);
        for (var i = 0; i < keys.Length; i++)
        {
            positions[i] = _directory.Find(keys[i].Value).MoveNext(out var position) ? position : Nowhere;
            if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref At(position)));
        }
    }

    /// <summary>The entry at a position that may be out of date, or <see cref="Nothing"/>.</summary>
    public ref BlockEntry At(uint position)
    {
        var chunks = _chunks;
        var number = position >> ChunkBits;
        if (number >= (uint)chunks.Length || chunks[number] is not { } chunk || (position & Offset) >= (uint)chunk.Length) return ref Nothing;
        return ref chunk[position & Offset];
    }

    /// <summary>Adds an entry for a key that has none. For the writer, as everything that follows.</summary>
    public ref BlockEntry Append(ulong key, int set, out uint position)
    {
        ref var entry = ref Append(key, set, hasCopies: 0, out position);
        _directory.Insert(key, position);
        Live++;
        return ref entry;
    }

    /// <summary>To be called before something that belongs to an entry changes, beside what the table itself does.</summary>
    public void BeforeChange(uint position) => Versions.BeforeChange((int)(position >> ChunkBits));

    /// <summary>Gives an entry another set.</summary>
    public void Change(ref BlockEntry entry, uint position, int set)
    {
        BeforeChange(position);
        var wasDead = entry.Set == HolderSets.Empty;
        var isDead = set == HolderSets.Empty;
        Volatile.Write(ref entry.Set, set);
        if (wasDead == isDead) return;

        if (isDead) entry.HasCopies = 0;
        Live += isDead ? -1 : 1;
        var number = (int)(position >> ChunkBits);
        ref var state = ref _states[number];
        state.Dead += isDead ? 1 : -1;
        if (isDead) NoteWear(number, ref state);
    }

    /// <summary>The written entries of a chunk and the position of the first; empty for a number not in use.</summary>
    public Span<BlockEntry> EntriesOf(int chunk, out uint position)
    {
        position = (uint)chunk << ChunkBits;
        return _chunks[chunk] is { } entries ? entries.AsSpan(0, _states[chunk].Count) : [];
    }

    /// <summary>The next chunk that is worth emptying, or -1.</summary>
    public int NextWorn() => _worn.TryDequeue(out var chunk) ? chunk : -1;

    public bool HasWorn => _worn.Count > 0;

    /// <summary>Takes an entry out of its chunk: a live one moves to the end, a dead one is forgotten.</summary>
    public void Evacuate(ref BlockEntry entry, uint position)
    {
        BeforeChange(position);
        if (entry.Set == HolderSets.Empty)
        {
            _directory.Delete(entry.Key, position);
        }
        else
        {
            Append(entry.Key, entry.Set, entry.HasCopies, out var to);
            _directory.Move(entry.Key, position, to);
        }

        Volatile.Write(ref entry.Set, 0);
    }

    /// <summary>Gives up a chunk all of whose entries have been evacuated. Its memory may be used again in the next epoch.</summary>
    public void Free(int chunk)
    {
        var entries = _chunks[chunk]!;
        Capacity -= entries.Length;
        if (entries.Length == LargestChunk && _spare.Count < MaxSpare) _spare.Push(entries);
        Volatile.Write(ref _chunks[chunk], null);
        _states[chunk] = default;
        _freeNumbers.Push(chunk);
    }

    private ref BlockEntry Append(ulong key, int set, int hasCopies, out uint position)
    {
        if (_tail < 0 || _states[_tail].Count == _chunks[_tail]!.Length - 1) AddChunk();
        Versions.BeforeChange(_tail);
        ref var state = ref _states[_tail];
        position = ((uint)_tail << ChunkBits) | (uint)state.Count;
        ref var entry = ref _chunks[_tail]![state.Count++];
        entry.Key = key;
        entry.HasCopies = hasCopies;
        Volatile.Write(ref entry.Set, set);
        return ref entry;
    }

    /// <summary>Chunks double up to the full size. Each ends in an entry that is never written, where every run ends.</summary>
    private void AddChunk()
    {
        var full = _tail;
        if (!_freeNumbers.TryPop(out var number)) number = Chunks++;
        if (number >= (1 << (32 - ChunkBits)) - 1) throw new InvalidOperationException("the index holds more blocks than its positions can tell apart");
        if (number >= _chunks.Length)
        {
            var chunks = new BlockEntry[]?[Math.Max(4, _chunks.Length * 2)];
            _chunks.CopyTo(chunks, 0);
            Array.Resize(ref _states, chunks.Length);
            Versions.Grow(chunks.Length);
            _chunks = chunks;
        }

        // A spare chunk has keys of old but no sets, which is as good as new.
        var length = (int)Math.Clamp(Capacity, SmallestChunk, LargestChunk);
        var entries = length == LargestChunk && _spare.TryPop(out var spare) ? spare : new BlockEntry[length];
        Capacity += entries.Length;
        Volatile.Write(ref _chunks[number], entries);
        _tail = number;
        if (full >= 0) NoteWear(full, ref _states[full]);
    }

    private void NoteWear(int chunk, ref ChunkState state)
    {
        if (chunk == _tail || state.IsWorn || state.Dead * 2 <= state.Count) return;
        state.IsWorn = true;
        _worn.Enqueue(chunk);
    }

    private struct ChunkState
    {
        public int Count;
        public int Dead;
        public bool IsWorn;
    }
}
