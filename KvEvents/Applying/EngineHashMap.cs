using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>
/// One engine's hashes → the pool's keys of the same tokens, with what continues the chain after them and how many
/// copies each tier has. 256 tables with linear probing (<see cref="HashMapSegment"/>), each of which grows and shrinks by itself and is 83 to 94 %
/// full: 18 to 21 bytes a block where the key is all that the chain goes on from, 52 to 59 with the 32 bytes of SHA-256. Nothing is
/// allocated but when a table grows. One thread at a time.
/// </summary>
/// <param name="keysPerBlock">Pool blocks in a block of the engine.</param>
/// <param name="stateSize">Bytes of chain state that a block's key does not contain; 0 where the key is all.</param>
internal sealed class EngineHashMap(int keysPerBlock, int stateSize)
{
    private const int Segments = 256;

    // A slot is its place in its segment and, in these low bits, the segment.
    private const int SegmentBits = 8;

    private readonly HashMapSegment?[] _segments = new HashMapSegment?[Segments];

    // Copies beyond the third.
    private readonly Dictionary<(ulong Hash, Tier Tier), int> _more = [];

    public int KeysPerBlock => keysPerBlock;

    /// <summary>Blocks in the map.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the tables.</summary>
    public long Bytes => _segments.Sum(segment => segment?.Bytes ?? 0) + (_more.Count * 40L);

    /// <summary>The slot of a hash, or −1. Valid until the next <see cref="Add"/> or removal.</summary>
    public int Find(EngineBlockHash hash)
    {
        var mixed = Mix(hash.Value);
        if (_segments[mixed >> (64 - SegmentBits)] is not { } segment) return -1;
        var at = segment.Find(hash.Value, mixed);
        return at < 0 ? -1 : SlotOf(at, mixed);
    }

    /// <summary>Adds a hash that is not in the map, without copies and with keys and state for the caller to write.</summary>
    public int Add(EngineBlockHash hash)
    {
        var mixed = Mix(hash.Value);
        var segment = _segments[mixed >> (64 - SegmentBits)] ??= new HashMapSegment(keysPerBlock, stateSize, Mix);
        Count++;
        return SlotOf(segment.Add(hash.Value, mixed), mixed);
    }

    public Span<BlockKey> Keys(int slot) => MemoryMarshal.Cast<ulong, BlockKey>(SegmentOf(slot).Keys(slot >> SegmentBits));

    /// <summary>What the key function continues from after the block, beside the key.</summary>
    public Span<byte> State(int slot) => SegmentOf(slot).State(slot >> SegmentBits);

    public bool HasCopy(int slot, Tier tier) => SegmentOf(slot).Copies(slot >> SegmentBits, tier) > 0;

    /// <summary>Visits every block with its copies in each tier that has any.</summary>
    public void ForEach(Action<EngineBlockHash, Tier, int> visit)
    {
        foreach (var slot in Slots())
        {
            for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++)
            {
                var copies = CopiesOf(slot, tier);
                if (copies > 0) visit(HashOf(slot), tier, copies);
            }
        }
    }

    /// <summary>Counts one more copy; true for the tier's first.</summary>
    public bool AddCopy(int slot, Tier tier)
    {
        var copies = SegmentOf(slot).Copies(slot >> SegmentBits, tier);
        if (copies < HashMapSegment.MaxCopies) SegmentOf(slot).SetCopies(slot >> SegmentBits, tier, copies + 1);
        else CollectionsMarshal.GetValueRefOrAddDefault(_more, (HashOf(slot).Value, tier), out _)++;
        return copies == 0;
    }

    /// <summary>Counts one copy less; true for the tier's last. A tier without copies has no last one.</summary>
    public bool TakeCopy(int slot, Tier tier)
    {
        var copies = SegmentOf(slot).Copies(slot >> SegmentBits, tier);
        if (copies == HashMapSegment.MaxCopies && _more.Remove((HashOf(slot).Value, tier), out var more))
        {
            if (more > 1) _more.Add((HashOf(slot).Value, tier), more - 1);
            return false;
        }

        if (copies > 0) SegmentOf(slot).SetCopies(slot >> SegmentBits, tier, copies - 1);
        return copies == 1;
    }

    /// <summary>Lets go of a block that no tier has any more; true when it did.</summary>
    public bool Release(int slot)
    {
        var segment = SegmentOf(slot);
        if (segment.HasAnyCopies(slot >> SegmentBits)) return false;
        segment.Remove(slot >> SegmentBits);
        if (--Count == 0) Clear();
        return true;
    }

    /// <summary>Forgets everything and gives the memory back.</summary>
    public void Clear()
    {
        Array.Clear(_segments);
        _more.Clear();
        Count = 0;
    }

    /// <summary>Takes every copy of one tier away.</summary>
    public void Clear(Tier tier)
    {
        // What is released moves others up, so the slots are gone through by the hashes in them.
        foreach (var hash in Slots().Select(HashOf).ToArray())
        {
            var slot = Find(hash);
            SegmentOf(slot).SetCopies(slot >> SegmentBits, tier, 0);
            _more.Remove((hash.Value, tier));
            Release(slot);
        }
    }

    /// <summary>All that the map says.</summary>
    public MapContent Export()
    {
        var content = new MapContent(keysPerBlock, stateSize, Count);
        var at = 0;
        foreach (var slot in Slots())
        {
            content.Hashes[at] = HashOf(slot).Value;
            MemoryMarshal.Cast<BlockKey, ulong>(Keys(slot)).CopyTo(content.Keys.AsSpan(at * keysPerBlock));
            State(slot).CopyTo(content.States.AsSpan(at * stateSize));
            for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++) content.Copies[(at * Tiers.Count) + (int)tier] = (ushort)Math.Min(CopiesOf(slot, tier), ushort.MaxValue);
            at++;
        }

        return content;
    }

    /// <summary>Takes in what another map said; hashes that are in this one are left as they are.</summary>
    public void Import(MapContent content)
    {
        for (var i = 0; i < content.Count; i++)
        {
            var hash = new EngineBlockHash(content.Hashes[i]);
            if (Find(hash) >= 0) continue;
            var slot = Add(hash);
            content.Keys.AsSpan(i * keysPerBlock, keysPerBlock).CopyTo(MemoryMarshal.Cast<BlockKey, ulong>(Keys(slot)));
            content.States.AsSpan(i * stateSize, stateSize).CopyTo(State(slot));
            for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++)
            {
                var copies = content.Copies[(i * Tiers.Count) + (int)tier];
                SegmentOf(slot).SetCopies(slot >> SegmentBits, tier, Math.Min((int)copies, HashMapSegment.MaxCopies));
                if (copies > HashMapSegment.MaxCopies) _more[(hash.Value, tier)] = copies - HashMapSegment.MaxCopies;
            }
        }
    }

    private static ulong Mix(ulong hash) => (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15;

    private static int SlotOf(int at, ulong mixed) => (at << SegmentBits) | (int)(mixed >> (64 - SegmentBits));

    private HashMapSegment SegmentOf(int slot) => _segments[slot & (Segments - 1)]!;

    private EngineBlockHash HashOf(int slot) => new(SegmentOf(slot).HashAt(slot >> SegmentBits));

    private int CopiesOf(int slot, Tier tier) =>
        SegmentOf(slot).Copies(slot >> SegmentBits, tier) + (_more.Count == 0 ? 0 : _more.GetValueOrDefault((HashOf(slot).Value, tier)));

    private IEnumerable<int> Slots()
    {
        for (var number = 0; number < Segments; number++)
        {
            if (_segments[number] is not { } segment) continue;
            for (var at = segment.Next(0); at >= 0; at = segment.Next(at + 1)) yield return (at << SegmentBits) | number;
        }
    }
}
