using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Holders;
using OrleansKvRouter.KvIndex.Memory;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// All entries in the order in which they were stored, keys in one column and words (<see cref="BlockWord"/>) in another:
/// the blocks of an event lie side by side, so a walk along a chain mostly compares memory in sequence, several
/// entries at once, and asks the directory only where a run ends. Full chunks in which most entries are dead are emptied by moving the
/// rest to the end.
/// <para>
/// One writer. Readers need no lock: once an entry's word is not 0 its key never changes, so whoever reads the word
/// first and the key after it has read a pair that belongs together. A position may be out of date, but then the word is
/// 0, the key is another, or its chunk has been given up, whose memory is used again in a later epoch only.
/// </para>
/// </summary>
internal sealed unsafe class BlockLog
{
    /// <summary>A position that no entry has; the one after it is the first.</summary>
    public const uint Nowhere = KeyDirectory.Nowhere;

    /// <summary>Entries that may be read beyond the last one.</summary>
    private const int Margin = 64;
    private const long MaxEntries = 1L << 30;
    private const int MaxSpare = 2;

    private readonly int _chunkBits;
    private readonly AddressRange _keyMemory;
    private readonly AddressRange _wordMemory;
    private readonly KeyDirectory _directory;
    private readonly Stack<int> _free = new();
    private readonly Queue<int> _worn = new();
    private readonly Queue<(int Chunk, long Serial)> _byAge = new();
    private Chunk[] _chunks = [];
    private int _tail = -1;
    private int _spare;
    private long _serial;

    public BlockLog(KeyDirectory directory, int chunkBits, bool hugePages)
    {
        (_directory, _chunkBits) = (directory, chunkBits);
        _keyMemory = new AddressRange((MaxEntries + Margin) * sizeof(ulong), hugePages);
        _wordMemory = new AddressRange((MaxEntries + Margin) * sizeof(uint), hugePages);
        Keys = (ulong*)_keyMemory.Start;
        Words = (uint*)_wordMemory.Start;
        AddChunk();
    }

    public ulong* Keys { get; }

    public uint* Words { get; }

    /// <summary>Told before a chunk changes.</summary>
    public ChunkVersions Versions { get; } = new();

    /// <summary>One more than the highest chunk number in use.</summary>
    public int Chunks { get; private set; }

    /// <summary>Entries with at least one holder.</summary>
    public long Live { get; private set; }

    /// <summary>Entries that occupy memory.</summary>
    private long Written { get; set; }

    public long Bytes => (Written * (sizeof(ulong) + sizeof(uint))) + _directory.Bytes;

    /// <summary>The memory has been given back.</summary>
    public bool IsGone { get; private set; }

    private int ChunkSize => 1 << _chunkBits;

    /// <summary>The word of the entry when it is the key's, else <see cref="BlockWord.None"/>. For readers and the writer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint WordOf(ulong key, uint position)
    {
        var word = Volatile.Read(ref Words[position]);
        return word != BlockWord.None && Keys[position] == key ? word : BlockWord.None;
    }

    /// <summary>Where the key's entry stands, and its word at that moment; <see cref="Nowhere"/> when it has none. For readers and the writer.</summary>
    public uint Find(ulong key, out uint word)
    {
        var hash = KeyDirectory.Hash(key);
        while (true)
        {
            var probe = _directory.Find(hash);
            var isStale = false;
            while (!isStale && probe.MoveNext(out var position))
            {
                if ((word = WordOf(key, position)) != BlockWord.None) return position;

                // Another key with the same tag, or the entry has moved since the slot was read.
                isStale = probe.IsStale;
            }

            if (isStale) continue;
            word = BlockWord.None;
            return Nowhere;
        }
    }

    /// <summary>As the other one, by one look where the key is surely not there; then, for the writer, what <see cref="Append"/> wants to know.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(ulong key, out uint word, out KeyDirectory.Vacancy vacancy)
    {
        vacancy = _directory.FindVacancy(KeyDirectory.Hash(key));
        if (vacancy.Slot == null) return Find(key, out word);
        word = BlockWord.None;
        return Nowhere;
    }

    /// <summary>
    /// Finds where the entries of several keys probably stand, and asks the processor for them: all cache misses at
    /// once instead of one after another. <see cref="Nowhere"/> for a key that seems to have none.
    /// </summary>
    public void Locate(ReadOnlySpan<BlockKey> keys, Span<uint> positions)
    {
        foreach (var key in keys) _directory.Prefetch(KeyDirectory.Hash(key.Value));
        for (var i = 0; i < keys.Length; i++) positions[i] = Locate(keys[i].Value);
    }

    /// <summary>Asks the processor for what <see cref="Locate(ulong)"/> will read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchSlot(ulong key) => _directory.Prefetch(KeyDirectory.Hash(key));

    /// <summary>The same for several keys.</summary>
    public void PrefetchSlots(ReadOnlySpan<BlockKey> keys)
    {
        foreach (var key in keys) PrefetchSlot(key.Value);
    }

    /// <summary>As the other one, for a single key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Locate(ulong key)
    {
        if (!_directory.Find(KeyDirectory.Hash(key)).MoveNext(out var position)) return Nowhere;
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Words + position);
            Sse.Prefetch0(Keys + position);
        }

        return position;
    }

    /// <summary>Adds an entry for a key that was just found to have none. For the writer, as everything that follows.</summary>
    public uint Append(ulong key, uint word, KeyDirectory.Vacancy vacancy)
    {
        var position = Write(key, word);
        _directory.Insert(KeyDirectory.Hash(key), position, vacancy);
        Live++;
        return position;
    }

    /// <summary>Entries from a position to the end of its chunk.</summary>
    public int LeftInChunk(uint position) => ChunkSize - (int)(position & (uint)(ChunkSize - 1));

    /// <summary>To be called before something that belongs to an entry changes, beside what the log itself does.</summary>
    public void BeforeChange(uint position) => Versions.BeforeChange((int)(position >> _chunkBits));

    /// <summary>Gives neighbouring entries of one chunk, which all have the word <paramref name="from"/>, another one.</summary>
    public void Change(uint position, int count, uint from, uint to)
    {
        BeforeChange(position);
        var wasDead = BlockWord.SetOf(from) == HolderSets.Empty;
        var isDead = BlockWord.SetOf(to) == HolderSets.Empty;

        // Whoever sees the word sees the set that it names.
        Volatile.WriteBarrier();
        if (count == 1) Words[position] = to;
        else new Span<uint>(Words + position, count).Fill(to);
        if (wasDead == isDead) return;

        Live += isDead ? -count : count;
        var number = (int)(position >> _chunkBits);
        _chunks[number].Dead += isDead ? count : -count;
        if (isDead) NoteWear(number);
    }

    /// <summary>The positions of a chunk's written entries; empty for a number not in use.</summary>
    public (uint First, int Count) EntriesOf(int chunk) => ((uint)chunk << _chunkBits, _chunks[chunk].Count);

    /// <summary>The next chunk that is worth emptying, or -1.</summary>
    public int NextWorn() => _worn.TryDequeue(out var chunk) ? chunk : -1;

    public bool HasWorn => _worn.Count > 0;

    /// <summary>The chunk that was begun first, or -1 when there is none but the one that is being written. It is the caller's to empty.</summary>
    public int TakeOldest()
    {
        while (_byAge.TryDequeue(out var oldest))
        {
            ref var chunk = ref _chunks[oldest.Chunk];
            if (chunk.Serial != oldest.Serial || chunk.IsWorn) continue;
            if (oldest.Chunk == _tail) AddChunk();
            chunk = ref _chunks[oldest.Chunk];
            chunk.IsWorn = true;
            return oldest.Chunk;
        }

        return -1;
    }

    /// <summary>Takes an entry out of its chunk: a live one moves to the end, a dead one is forgotten.</summary>
    public void Evacuate(uint position)
    {
        BeforeChange(position);
        var (key, word) = (Keys[position], Words[position]);
        var hash = KeyDirectory.Hash(key);
        if (BlockWord.SetOf(word) == HolderSets.Empty) _directory.Delete(hash, position);
        else _directory.Move(hash, position, Write(key, word & ~BlockWord.IsRenewed));
        Volatile.Write(ref Words[position], BlockWord.None);
    }

    /// <summary>Gives up a chunk all of whose entries have been evacuated. Its memory may be used again in the next epoch.</summary>
    public void Free(int chunk)
    {
        Written -= _chunks[chunk].Count;
        _chunks[chunk] = default;
        _free.Push(chunk);
        if (_spare < MaxSpare)
        {
            _spare++;
            return;
        }

        _keyMemory.GiveBack((long)chunk << (_chunkBits + 3), (long)ChunkSize * sizeof(ulong));
        _wordMemory.GiveBack((long)chunk << (_chunkBits + 2), (long)ChunkSize * sizeof(uint));
    }

    /// <summary>Gives the memory back: every entry reads as not written, so readers may go on and find nothing. The writer may not.</summary>
    public void Close()
    {
        IsGone = true;
        _wordMemory.GiveBackAll();
        _keyMemory.GiveBackAll();
        _directory.Close();
    }

    private uint Write(ulong key, uint word)
    {
        if (_chunks[_tail].Count == ChunkSize) AddChunk();
        Versions.BeforeChange(_tail);
        ref var chunk = ref _chunks[_tail];
        var position = ((uint)_tail << _chunkBits) | (uint)chunk.Count++;
        Written++;
        Keys[position] = key;
        Volatile.Write(ref Words[position], word);
        return position;
    }

    private void AddChunk()
    {
        var full = _tail;
        if (_free.TryPop(out var number)) _spare = Math.Max(0, _spare - 1);
        else number = Chunks++;
        if (Chunks > MaxEntries >> _chunkBits) throw new InsufficientMemoryException("the index holds more blocks than its positions can tell apart; bound it");
        if (number >= _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(4, _chunks.Length * 2));
            Versions.Grow(_chunks.Length);
        }

        var entries = ((long)Chunks << _chunkBits) + Margin;
        _keyMemory.Extend(entries * sizeof(ulong));
        _wordMemory.Extend(entries * sizeof(uint));
        _chunks[number].Serial = ++_serial;
        _byAge.Enqueue((number, _serial));
        _tail = number;
        if (full >= 0) NoteWear(full);
    }

    private void NoteWear(int number)
    {
        ref var chunk = ref _chunks[number];
        if (number == _tail || chunk.IsWorn || chunk.Dead * 2 <= chunk.Count) return;
        chunk.IsWorn = true;
        _worn.Enqueue(number);
    }

    private struct Chunk
    {
        public int Count;
        public int Dead;

        /// <summary>It is to be emptied.</summary>
        public bool IsWorn;

        /// <summary>Which chunk in order of time this is.</summary>
        public long Serial;
    }
}
