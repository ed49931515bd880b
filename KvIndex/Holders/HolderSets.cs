using OrleansKvRouter.KvIndex.Blocks;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>
/// Every holder set that some block has, each once: neighbouring blocks share their set, so an entry needs only its
/// number. One writer. A reader resolves numbers without a lock; one that has gone out of use is issued again in a
/// later epoch only.
/// </summary>
internal sealed class HolderSets
{
    /// <summary>The number of the set without holders; 0 is no set.</summary>
    public const int Empty = 1;

    // Sets without references are kept, because they often come back; more than this many, and more than are in use, are not.
    private const int MaxIdle = 1024;
    private const int BytesPerSet = 120;

    private readonly Epoch _epoch;
    private readonly HashSet<HolderSet> _byContent;
    private readonly HashSet<HolderSet>.AlternateLookup<SetContent> _lookup;
    private readonly List<HolderSet> _idle = [];
    private readonly Stack<int> _free = new();
    private volatile HolderSet?[] _byId = new HolderSet?[16];
    private ulong[] _scratch = new ulong[1];
    private int _next = Empty;
    private long _words;

    public HolderSets(Epoch epoch)
    {
        _epoch = epoch;
        _byContent = new HashSet<HolderSet>(new SetContent.Comparer());
        _lookup = _byContent.GetAlternateLookup<SetContent>();
        Intern().References = 1;
    }

    /// <summary>Changes whenever a number that the writer remembers may have become another set's.</summary>
    public long Version { get; private set; }

    public long Bytes => (_byContent.Count * BytesPerSet) + (_words * sizeof(ulong));

    /// <summary>The set of a number that an entry has, or had in this walk's epoch.</summary>
    public HolderSet this[int id] => _byId[id]!;

    public HolderSet With(HolderSet set, int tag)
    {
        if (set.Contains(tag)) return set;
        Load(set, tag >> 6);
        _scratch[tag >> 6] |= 1UL << (tag & 63);
        return Intern();
    }

    public HolderSet Without(HolderSet set, int tag)
    {
        if (!set.Contains(tag)) return set;
        Load(set, tag >> 6);
        _scratch[tag >> 6] &= ~(1UL << (tag & 63));
        return Intern();
    }

    public HolderSet Without(HolderSet set, ReadOnlySpan<ulong> tags)
    {
        Load(set, 0);
        for (var i = 0; i < Math.Min(tags.Length, _scratch.Length); i++) _scratch[i] &= ~tags[i];
        return Intern();
    }

    /// <summary>The set of these tags.</summary>
    public HolderSet Of(ReadOnlySpan<int> tags)
    {
        var last = 0;
        foreach (var tag in tags) last = Math.Max(last, tag);
        Load(_byId[Empty]!, last >> 6);
        foreach (var tag in tags) _scratch[tag >> 6] |= 1UL << (tag & 63);
        return Intern();
    }

    /// <summary>Every set by its number, as it is now.</summary>
    public HolderSet?[] Capture() => _byId.AsSpan(0, _next).ToArray();

    public static void AddReference(HolderSet set) => set.References++;

    public void Release(HolderSet set)
    {
        if (--set.References == 0) NoteIdle(set);
    }

    /// <summary>Entries whose set has a tag that is not among <paramref name="tags"/>.</summary>
    public long CountEntriesBeside(ReadOnlySpan<ulong> tags)
    {
        var entries = 0L;
        foreach (var set in _byContent)
        {
            if (set.Id != Empty && set.HasOtherThan(tags)) entries += set.References;
        }

        return entries;
    }

    /// <summary>Forgets sets that no entry has, when there are many. Not while the writer is between two looks at a number.</summary>
    public void TrimIdle()
    {
        if (_idle.Count > Math.Max(MaxIdle, _byContent.Count / 2)) ForgetIdle();
    }

    /// <summary>Forgets every set that no entry has.</summary>
    public void ForgetIdle()
    {
        foreach (var set in _idle)
        {
            set.IsIdle = false;
            if (set.References > 0) continue;
            _byContent.Remove(set);
            _words -= set.Words.Length;
            _free.Push(set.Id);
        }

        _idle.Clear();
        Forget();
        _epoch.Advance();
    }

    /// <summary>Makes the writer forget numbers that it remembers.</summary>
    public void Forget() => Version++;

    private void NoteIdle(HolderSet set)
    {
        if (set.IsIdle) return;
        set.IsIdle = true;
        _idle.Add(set);
    }

    private void Load(HolderSet set, int wordAt)
    {
        var length = Math.Max(set.End, wordAt + 1);
        if (_scratch.Length < length) _scratch = new ulong[length * 2];
        Array.Clear(_scratch);
        set.Words.CopyTo(_scratch.AsSpan(set.First));
    }

    /// <summary>The set with the content of the scratch words.</summary>
    private HolderSet Intern()
    {
        var content = SetContent.Trim(_scratch);
        if (_lookup.TryGetValue(content, out var known)) return known;

        if (!_free.TryPop(out var id)) id = _next++;
        if (id >= _byId.Length)
        {
            var grown = new HolderSet?[_byId.Length * 2];
            _byId.CopyTo(grown, 0);
            _byId = grown;
        }

        var set = new HolderSet(id, content.First, content.Words.ToArray());
        _byContent.Add(set);
        _words += content.Words.Length;
        Volatile.Write(ref _byId[id], set);
        NoteIdle(set);
        return set;
    }
}
