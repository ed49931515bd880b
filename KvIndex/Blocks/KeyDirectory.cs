using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// Block key → position of its entry: open addressing, cut into 256 segments so that growing never takes longer
/// than one of them does. A slot has the position and 32 bits of the key's hash; these say
/// where the slot belongs in a segment of any length, so a segment grows without a look at the entries.
/// One writer; readers need no lock, and take what they find for a hint that the entry itself confirms.
/// </summary>
internal sealed class KeyDirectory
{
    private const int SegmentBits = 8;
    private const uint Deleted = uint.MaxValue;
    private const int SmallestSegment = 8;

    // Slots: the hash's 32 bits, then the position plus one; 0 is a free slot.
    private readonly ulong[][] _segments = new ulong[1 << SegmentBits][];
    private readonly int[] _live = new int[1 << SegmentBits];
    private readonly int[] _taken = new int[1 << SegmentBits];

    public KeyDirectory() => Array.Fill(_segments, [0]);

    /// <summary>Slots in all segments.</summary>
    public long Slots { get; private set; }

    public Probe Find(ulong key) => new(this, Hash(key));

    /// <summary>Asks the processor for the slot where the key would be.</summary>
    public unsafe void Prefetch(ulong key)
    {
        var hash = Hash(key);
        var slots = Volatile.Read(ref _segments[SegmentOf(hash)]);
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref slots[BucketOf(TagOf(hash), slots.Length)]));
    }

    /// <summary>Adds a key that is not there.</summary>
    public void Insert(ulong key, uint position)
    {
        var hash = Hash(key);
        var segment = SegmentOf(hash);
        if (_taken[segment] + 1 > _segments[segment].Length * 3 / 4) Resize(segment);
        var slots = _segments[segment];
        var at = BucketOf(TagOf(hash), slots.Length);
        while (slots[at] != 0 && (uint)slots[at] != Deleted) at = Next(at, slots);
        if (slots[at] == 0) _taken[segment]++;
        _live[segment]++;
        Volatile.Write(ref slots[at], SlotOf(hash, position));
    }

    /// <summary>The key's entry stands at <paramref name="to"/> from now on.</summary>
    public void Move(ulong key, uint from, uint to)
    {
        var hash = Hash(key);
        Volatile.Write(ref _segments[SegmentOf(hash)][IndexOf(hash, from)], SlotOf(hash, to));
    }

    public void Delete(ulong key, uint position)
    {
        var hash = Hash(key);
        var segment = SegmentOf(hash);
        Free(_segments[segment], IndexOf(hash, position), ref _taken[segment]);
        _live[segment]--;
        if (_live[segment] < _segments[segment].Length / 8 && _segments[segment].Length > SmallestSegment) Resize(segment);
    }

    private int IndexOf(ulong hash, uint position)
    {
        var slots = _segments[SegmentOf(hash)];
        var wanted = SlotOf(hash, position);
        var at = BucketOf(TagOf(hash), slots.Length);
        while (slots[at] != wanted) at = Next(at, slots);
        return at;
    }

    /// <summary>A slot before a free one is free again, and so are deleted ones before it; any other must be passed over.</summary>
    private static void Free(ulong[] slots, int at, ref int taken)
    {
        Volatile.Write(ref slots[at], Deleted);
        if (slots[Next(at, slots)] != 0) return;
        for (; slots[at] == Deleted; at = at == 0 ? slots.Length - 1 : at - 1)
        {
            Volatile.Write(ref slots[at], 0);
            taken--;
        }
    }

    /// <summary>Half full afterwards, and no deleted slots left.</summary>
    private void Resize(int segment)
    {
        var old = _segments[segment];
        var slots = new ulong[Math.Max(SmallestSegment, (_live[segment] + 1) * 2)];
        foreach (var slot in old)
        {
            if (slot == 0 || (uint)slot == Deleted) continue;
            var at = BucketOf((uint)(slot >> 32), slots.Length);
            while (slots[at] != 0) at = Next(at, slots);
            slots[at] = slot;
        }

        Slots += slots.Length - (old.Length == 1 ? 0 : old.Length);
        _taken[segment] = _live[segment];
        Volatile.Write(ref _segments[segment], slots);
    }

    // Keys of the exact schemes are as good as random; those of other schemes and tests need not be.
    private static ulong Hash(ulong key)
    {
        var product = key * 0x9E3779B97F4A7C15;
        return product ^ (product >> 32);
    }

    private static int SegmentOf(ulong hash) => (int)(hash >> (64 - SegmentBits));

    private static uint TagOf(ulong hash) => (uint)(hash >> (32 - SegmentBits));

    private static int BucketOf(uint tag, int length) => (int)(((ulong)tag * (uint)length) >> 32);

    private static ulong SlotOf(ulong hash, uint position) => ((ulong)TagOf(hash) << 32) | (position + 1);

    private static int Next(int at, ulong[] slots) => at + 1 == slots.Length ? 0 : at + 1;

    /// <summary>Goes through the positions that may be a key's; usually there is one at most.</summary>
    public ref struct Probe
    {
        private readonly ref ulong[] _segment;
        private readonly ulong[] _slots;
        private readonly uint _tag;
        private int _next;
        private int _at;
        private ulong _slot;

        internal Probe(KeyDirectory directory, ulong hash)
        {
            _segment = ref directory._segments[SegmentOf(hash)];
            _slots = Volatile.Read(ref _segment);
            _tag = TagOf(hash);
            _next = BucketOf(_tag, _slots.Length);
        }

        public bool MoveNext(out uint position)
        {
            while (true)
            {
                _at = _next;
                _next = Next(_at, _slots);
                _slot = Volatile.Read(ref _slots[_at]);
                position = (uint)_slot - 1;
                if (_slot == 0) return false;
                if ((uint)(_slot >> 32) == _tag && (uint)_slot != Deleted) return true;
            }
        }

        /// <summary>True when the writer has changed what <see cref="MoveNext"/> read.</summary>
        public readonly bool IsStale => !ReferenceEquals(Volatile.Read(ref _segment), _slots) || Volatile.Read(ref _slots[_at]) != _slot;
    }
}
