using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OrleansKvRouter.KvIndex.Memory;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// Block key → position of its entry: extendible hashing. The first bits of a key's hash choose a segment of 2,048 slots; a
/// full segment is split in two, so that growing never takes longer than one of them does. A slot has the hash's first 32 bits and the
/// position; eight slots are one cache line and are compared at once, and a line that overflows goes on in the next.
/// <para>
/// One writer; readers need no lock, and take what they find for a hint that the entry itself confirms. A segment that was
/// replaced is used again in a later epoch only.
/// </para>
/// </summary>
internal sealed unsafe partial class KeyDirectory
{
    public const uint Nowhere = uint.MaxValue;

    private const int SegmentSlots = 2048;
    private const int LineSlots = 8;
    private const int SegmentBytes = SegmentSlots * sizeof(ulong);
    private const uint LineMask = (SegmentSlots / LineSlots) - 1;

    // Beyond this a line overflows too often; and two segments that would fill no more than this are joined.
    private const int MaxTaken = SegmentSlots * 17 / 20;
    private const int MaxJoined = SegmentSlots * 3 / 10;
    private const int MaxSegments = 1 << 20;
    private const int MaxSpare = 4;

    // A slot is tag << 32 | position + 1; 0 is free.
    private const ulong Deleted = uint.MaxValue;

    private readonly Epoch _epoch;
    private readonly AddressRange _memory;
    private readonly ulong* _slots;
    private readonly Stack<int> _free = new();
    private volatile int[] _top = [0, 0];
    private Segment[] _segments = new Segment[4];
    private int _count = 1;
    private int _resident;

    public KeyDirectory(Epoch epoch, bool hugePages)
    {
        _epoch = epoch;
        _memory = new AddressRange((long)MaxSegments * SegmentBytes, hugePages);
        _slots = (ulong*)_memory.Start;
        _memory.Extend(SegmentBytes);
        _resident = 1;
    }

    /// <summary>Gives the memory back: no search finds anything from then on, and nothing may be added.</summary>
    public void Close() => _memory.GiveBackAll();

    public long Bytes => ((long)_resident * SegmentBytes) + (_top.Length * sizeof(int));

    // Keys of the exact schemes are as good as random; those of other schemes and tests need not be.
    public static ulong Hash(ulong key) => (key ^ (key >> 32)) * 0x9E3779B97F4A7C15;

    /// <summary>Asks the processor for the line where the key would be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(LineOf(SegmentOf(_top, hash), hash));
    }

    /// <summary>Goes through the positions that may be the key's; usually there is one at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Probe Find(ulong hash) => new(this, hash);

    /// <summary>Where a key may be added: null where its line has a key of the same tag, or no free slot. For the writer, as everything that follows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vacancy FindVacancy(ulong hash)
    {
        var segment = SegmentOf(_top, hash);
        var line = LineOf(segment, hash);
        var (low, high) = (Vector256.Load(line), Vector256.Load(line + 4));
        var (tag, tags) = (Vector256.Create(hash & ~(ulong)uint.MaxValue), Vector256.Create(~(ulong)uint.MaxValue));
        var frees = Vector256.Equals(low, Vector256<ulong>.Zero).ExtractMostSignificantBits() | (Vector256.Equals(high, Vector256<ulong>.Zero).ExtractMostSignificantBits() << 4);
        var isSimilar = (Vector256.Equals(low & tags, tag) | Vector256.Equals(high & tags, tag)) != Vector256<ulong>.Zero;
        return isSimilar || frees == 0 ? default : new Vacancy(segment, line + BitOperations.TrailingZeroCount(frees));
    }

    /// <summary>Adds a key that is not there where <see cref="FindVacancy"/> says, if nothing was added since.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Insert(ulong hash, uint position, Vacancy vacancy)
    {
        if (vacancy.Slot == null || _segments[vacancy.Segment].Taken >= MaxTaken)
        {
            Insert(hash, position);
            return;
        }

        ref var segment = ref _segments[vacancy.Segment];
        segment.Taken++;
        segment.Live++;
        Volatile.Write(ref *vacancy.Slot, SlotOf(hash, position));
    }

    /// <summary>Adds a key that is not there.</summary>
    private void Insert(ulong hash, uint position)
    {
        var number = SegmentOf(_top, hash);
        while (_segments[number].Taken >= MaxTaken)
        {
            if (_segments[number].Live < MaxTaken * 3 / 4) Rebuild(number, hash);
            else Split(number, hash);
            number = SegmentOf(_top, hash);
        }

        ref var segment = ref _segments[number];
        var slot = FreeSlot(number, (uint)(hash >> 32), out var wasDeleted);
        if (!wasDeleted) segment.Taken++;
        segment.Live++;
        Volatile.Write(ref *slot, SlotOf(hash, position));
    }

    /// <summary>The key's entry stands at <paramref name="to"/> from now on.</summary>
    public void Move(ulong hash, uint from, uint to) => Volatile.Write(ref *SlotAt(hash, from), SlotOf(hash, to));

    public void Delete(ulong hash, uint position)
    {
        // Where the line has a free slot no search goes beyond it, so this one can be free too.
        var number = SegmentOf(_top, hash);
        var slot = SlotAt(hash, position);
        var line = (ulong*)((nuint)slot & ~(nuint)((LineSlots * sizeof(ulong)) - 1));
        ref var segment = ref _segments[number];
        if (HasFree(line))
        {
            segment.Taken--;
            Volatile.Write(ref *slot, 0);
        }
        else
        {
            Volatile.Write(ref *slot, Deleted);
        }

        segment.Live--;
        if (segment.Live < MaxJoined / 2) TryJoin(number, hash);
    }

    private ulong* SlotAt(ulong hash, uint position)
    {
        var number = SegmentOf(_top, hash);
        var wanted = SlotOf(hash, position);
        for (var slot = LineOf(number, hash); ; slot = Next(number, slot))
        {
            if (*slot == wanted) return slot;
        }
    }

    private ulong* FreeSlot(int number, uint tag, out bool wasDeleted)
    {
        var deleted = Vector256.Create(Deleted);
        for (var line = LineOfTag(number, tag); ; line = Next(number, line + LineSlots - 1))
        {
            var (low, high) = (Vector256.Load(line), Vector256.Load(line + 4));
            var isOpen = (Vector256.Equals(low, Vector256<ulong>.Zero) | Vector256.Equals(low, deleted)).ExtractMostSignificantBits()
                | ((Vector256.Equals(high, Vector256<ulong>.Zero) | Vector256.Equals(high, deleted)).ExtractMostSignificantBits() << 4);
            if (isOpen == 0) continue;
            var slot = line + BitOperations.TrailingZeroCount(isOpen);
            wasDeleted = *slot == Deleted;
            return slot;
        }
    }

    /// <summary>Where the top refers to the segment of so many bits that the hash belongs to.</summary>
    private static (int First, int Count) Places(int[] top, ulong hash, int depth)
    {
        var count = top.Length >> depth;
        return ((int)(hash >> (64 - BitOperations.Log2((uint)top.Length))) & ~(count - 1), count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SegmentOf(int[] top, ulong hash) => Volatile.Read(ref top[(int)(hash >> (64 - BitOperations.Log2((uint)top.Length)))]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* LineOf(int segment, ulong hash) => LineOfTag(segment, (uint)(hash >> 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* LineOfTag(int segment, uint tag) => _slots + ((long)segment * SegmentSlots) + ((tag & LineMask) * LineSlots);

    private ulong* Next(int segment, ulong* slot) => ((slot + 1 - _slots) & (SegmentSlots - 1)) == 0 ? _slots + ((long)segment * SegmentSlots) : slot + 1;

    private static ulong SlotOf(ulong hash, uint position) => (hash & ~(ulong)uint.MaxValue) | (position + 1);

    // Position + 1 of a key is neither.
    private static bool IsKey(ulong slot) => (uint)slot + 1 > 1;

    private static int AsBit(bool value) => Unsafe.BitCast<bool, byte>(value);

    private static bool HasFree(ulong* line) =>
        (Vector256.Equals(Vector256.Load(line), Vector256<ulong>.Zero) | Vector256.Equals(Vector256.Load(line + 4), Vector256<ulong>.Zero)) != Vector256<ulong>.Zero;

    /// <summary>A free slot.</summary>
    internal readonly struct Vacancy(int segment, ulong* slot)
    {
        public int Segment => segment;

        /// <summary>Null for none.</summary>
        public ulong* Slot => slot;
    }

    private struct Segment
    {
        /// <summary>Bits of the hash that all keys in it share.</summary>
        public int Depth;
        public int Live;

        /// <summary>Live and deleted.</summary>
        public int Taken;

        /// <summary>Without memory, all zeros.</summary>
        public bool IsGivenBack;
    }

    /// <summary>A search; a line's matches are taken from one look at it.</summary>
    public ref struct Probe
    {
        private readonly KeyDirectory _directory;
        private readonly ulong _hash;
        private readonly int _segment;
        private ulong* _line;
        private ulong* _at;
        private ulong _slot;
        private uint _matches;
        private uint _frees;
        private int _lines;

        internal Probe(KeyDirectory directory, ulong hash)
        {
            (_directory, _hash) = (directory, hash);
            _segment = SegmentOf(directory._top, hash);
            _line = directory.LineOf(_segment, hash);
            Look();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext(out uint position)
        {
            while (true)
            {
                while (_matches != 0)
                {
                    _at = _line + BitOperations.TrailingZeroCount(_matches);
                    _matches &= _matches - 1;
                    _slot = Volatile.Read(ref *_at);
                    position = (uint)_slot - 1;
                    if (IsKey(_slot) && (uint)(_slot >> 32) == (uint)(_hash >> 32)) return true;
                }

                // Keys go past a full line only, and past no more lines than there are.
                if (_frees != 0 || ++_lines > LineMask)
                {
                    position = Nowhere;
                    return false;
                }

                _line = _directory.Next(_segment, _line + LineSlots - 1);
                Look();
            }
        }

        /// <summary>True when the writer has changed what <see cref="MoveNext"/> read.</summary>
        public readonly bool IsStale => SegmentOf(_directory._top, _hash) != _segment || Volatile.Read(ref *_at) != _slot;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Look()
        {
            var tag = Vector256.Create(_hash & ~(ulong)uint.MaxValue);
            var tags = Vector256.Create(~(ulong)uint.MaxValue);
            var (low, high) = (Vector256.Load(_line), Vector256.Load(_line + 4));
            _matches = Vector256.Equals(low & tags, tag).ExtractMostSignificantBits() | (Vector256.Equals(high & tags, tag).ExtractMostSignificantBits() << 4);
            _frees = Vector256.Equals(low, Vector256<ulong>.Zero).ExtractMostSignificantBits() | Vector256.Equals(high, Vector256<ulong>.Zero).ExtractMostSignificantBits();
        }
    }
}
