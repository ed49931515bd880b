using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Memory;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>
/// Every holder set that some block has, each once: neighbouring blocks share their set, so an entry needs only its
/// number, which is the place of its record. One writer. A reader resolves numbers without a lock; one that has gone out of
/// use is issued again in a later epoch only.
/// </summary>
internal sealed unsafe class HolderSets
{
    /// <summary>The number of the set without holders; 0 is no set.</summary>
    public const uint Empty = 1;

    // Sets without references are kept, because they often come back; more than this many, and more than are in use, are not.
    private const int MaxIdle = 1024;
    private const int MaxSizeClass = 12;
    private const int StepSlots = 4096;

    // As many numbers as a word has room for; the last record begins before.
    private const long MaxLines = BlockWord.IsRenewed >> 4;

    private readonly Epoch _epoch;
    private readonly AddressRange _memory;
    private readonly byte* _records;
    private readonly SetContent _content = new();
    private readonly Stack<uint>[] _free = [.. Enumerable.Range(0, MaxSizeClass).Select(_ => new Stack<uint>())];
    private readonly List<uint> _idle = [];
    private readonly Step[] _steps = new Step[StepSlots];
    private uint[] _table = new uint[64];
    private uint _lines = Empty;
    private int _count;
    private long _usedLines;

    public HolderSets(Epoch epoch, bool hugePages)
    {
        _epoch = epoch;
        _memory = new AddressRange(MaxLines * HolderSet.LineBytes, hugePages);
        _records = _memory.Start;
        this[Intern(_content.Clear())].Head->References = 1;
    }

    /// <summary>Gives the memory back: to readers every set is empty. The writer may do no more.</summary>
    public void Close() => _memory.GiveBackAll();

    /// <summary>Changes whenever a number that the writer remembers may have become another set's.</summary>
    public uint Version { get; private set; } = 1;

    public long Bytes => (_usedLines * HolderSet.LineBytes) + (_table.Length * sizeof(uint)) + (StepSlots * (long)sizeof(Step));

    /// <summary>The set of a number that an entry has, or had in this walk's epoch.</summary>
    public HolderSet this[uint number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new((HolderSet.Record*)(_records + ((long)number * HolderSet.LineBytes)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint number)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_records + ((long)number * HolderSet.LineBytes));
    }

    /// <summary>The set with one more tag; the same when it has it. Neighbouring blocks ask the same, so answers are kept.</summary>
    public uint With(uint set, int tag) => Remembered(set, tag, isRemoval: 0, out var to) ? to : Remember(this[set].Contains(tag) ? set : Intern(_content.With(this[set], tag)), set, tag, isRemoval: 0);

    /// <summary>The set with one tag less; the same when it does not have it.</summary>
    public uint Without(uint set, int tag) => Remembered(set, tag, isRemoval: 1, out var to) ? to : Remember(this[set].Contains(tag) ? Intern(_content.Without(this[set], tag)) : set, set, tag, isRemoval: 1);

    /// <summary>The set without any of <paramref name="tags"/>.</summary>
    public uint Without(uint set, ReadOnlySpan<ulong> tags)
    {
        var head = this[set].Head;
        if (head->CleanedAt != Version) (head->CleanedAs, head->CleanedAt) = (Intern(_content.Without(this[set], tags)), Version);
        return head->CleanedAs;
    }

    /// <summary>The set of these tags.</summary>
    public uint Of(ReadOnlySpan<int> tags) => Intern(_content.Of(tags));

    /// <summary>Every set by its number, as it is now.</summary>
    public CapturedSets Capture() => new(new ReadOnlySpan<byte>(_records, checked((int)(_lines * HolderSet.LineBytes))));

    /// <summary>So many entries have another set now.</summary>
    public void Exchange(uint from, uint to, int entries)
    {
        this[to].Head->References += entries;
        var head = this[from].Head;
        if ((head->References -= entries) == 0) NoteIdle(from, head);
    }

    /// <summary>So many new entries have the set, of which some may have been exchanged already.</summary>
    public void AddReferences(uint set, int entries)
    {
        var head = this[set].Head;
        if ((head->References += entries) == 0) NoteIdle(set, head);
    }

    /// <summary>Entries whose set has a tag that is not among <paramref name="tags"/>.</summary>
    public long CountEntriesBeside(ReadOnlySpan<ulong> tags)
    {
        var entries = 0L;
        foreach (var first in _table)
        {
            for (var number = first; number != 0; number = this[number].Head->Next)
            {
                if (number != Empty && _content.Without(this[number], tags).Words.Length > 0) entries += this[number].Head->References;
            }
        }

        return entries;
    }

    /// <summary>Forgets sets that no entry has, when there are many. Not while the writer is between two looks at a number.</summary>
    public void TrimIdle()
    {
        if (_idle.Count > Math.Max(MaxIdle, _count / 2)) ForgetIdle();
    }

    /// <summary>Forgets every set that no entry has.</summary>
    public void ForgetIdle()
    {
        foreach (var number in _idle)
        {
            var head = this[number].Head;
            head->IsIdle = 0;
            if (head->References > 0) continue;
            Unlink(number, head);
            _free[head->SizeClass].Push(number);
            _usedLines -= 1L << head->SizeClass;
            _count--;
        }

        _idle.Clear();
        Forget();
        _epoch.Advance();
    }

    /// <summary>Makes the writer forget numbers that it remembers.</summary>
    public void Forget() => Version++;

    private bool Remembered(uint set, int tag, int isRemoval, out uint to)
    {
        ref var step = ref StepOf(set, tag, isRemoval);
        to = step.To;
        return step.From == set && step.TagAndKind == ((tag << 1) | isRemoval) && step.Version == Version;
    }

    private uint Remember(uint to, uint from, int tag, int isRemoval)
    {
        StepOf(from, tag, isRemoval) = new Step { From = from, To = to, TagAndKind = (tag << 1) | isRemoval, Version = Version };
        return to;
    }

    private ref Step StepOf(uint set, int tag, int isRemoval) => ref _steps[(((set * 0x9E3779B1u) ^ ((uint)tag * 0x85EBCA77u) ^ (uint)isRemoval) >> 7) & (StepSlots - 1)];

    private void NoteIdle(uint number, HolderSet.Record* head)
    {
        if (head->IsIdle != 0) return;
        head->IsIdle = 1;
        _idle.Add(number);
    }

    /// <summary>The number of the set with that content.</summary>
    private uint Intern(SetContent content)
    {
        var hash = content.Hash;
        for (var number = _table[hash & (uint)(_table.Length - 1)]; number != 0; number = this[number].Head->Next)
        {
            var known = this[number];
            if (known.Head->Hash == hash && known.Words.SequenceEqual(content.Words) && known.Places.SequenceEqual(content.Places)) return number;
        }

        if (_count == _table.Length) Grow();
        var added = Take(content.Words.Length);
        var set = this[added];
        var sizeClass = set.Head->SizeClass;
        *set.Head = new HolderSet.Record { Hash = hash, SizeClass = sizeClass };
        set.Write(content.Words, content.Places);
        Link(added, set.Head);
        _count++;
        NoteIdle(added, set.Head);
        return added;
    }

    /// <summary>Room for a set of so many words.</summary>
    private uint Take(int words)
    {
        var sizeClass = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)HolderSet.LinesFor(words)));
        _usedLines += 1L << sizeClass;
        if (_free[sizeClass].TryPop(out var number)) return number;
        number = _lines;
        _lines += 1u << sizeClass;
        if (_lines > MaxLines) throw new InsufficientMemoryException("the index holds more different sets of endpoints than it can tell apart; bound it");
        _memory.Extend((long)_lines * HolderSet.LineBytes);
        this[number].Head->SizeClass = (byte)sizeClass;
        return number;
    }

    private void Link(uint number, HolderSet.Record* head)
    {
        ref var first = ref _table[head->Hash & (uint)(_table.Length - 1)];
        head->Next = first;
        first = number;
    }

    private void Unlink(uint number, HolderSet.Record* head)
    {
        ref var first = ref _table[head->Hash & (uint)(_table.Length - 1)];
        if (first == number)
        {
            first = head->Next;
            return;
        }

        var before = this[first].Head;
        while (before->Next != number) before = this[before->Next].Head;
        before->Next = head->Next;
    }

    private void Grow()
    {
        var old = _table;
        _table = new uint[old.Length * 2];
        foreach (var first in old)
        {
            for (var number = first; number != 0;)
            {
                var head = this[number].Head;
                var next = head->Next;
                Link(number, head);
                number = next;
            }
        }
    }

    /// <summary>A tag that was added to, or taken from, a set, and what came of it.</summary>
    private struct Step
    {
        public uint From;
        public uint To;
        public int TagAndKind;
        public uint Version;
    }
}
