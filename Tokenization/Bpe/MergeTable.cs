using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// Pair of ids → rank of its merge, and rank → the id it gives: one flat open-addressed table, 12 bytes a slot, since
/// a lookup is a cache miss and everything it needs should lie on one line. Most pairs do not merge, and six of seven of
/// these end at a filter of one bit a hash, which is small enough to stay in the cache. Immutable once loaded.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge: behind every other.</summary>
    public const int None = int.MaxValue;

    /// <summary>No pair has this key, for ids are 31 bits.</summary>
    private const ulong Empty = ulong.MaxValue;

    /// <summary>Filter bits for a slot of the table: four make about one false hit in seven.</summary>
    private const int FilterBitsPerSlotLog2 = 2;

    private readonly Slot[] _slots;
    private readonly ulong[] _filter;
    private readonly uint[] _merged;
    private readonly int _shift;

    public MergeTable(int merges)
    {
        var bits = Math.Max(4, 64 - BitOperations.LeadingZeroCount((ulong)merges * 3 / 2));
        _shift = 64 - bits;
        _slots = new Slot[1 << bits];
        Array.Fill(_slots, new Slot { Key = Empty });
        _filter = new ulong[Math.Max(1, _slots.Length << FilterBitsPerSlotLog2 >> 6)];
        _merged = new uint[merges];
    }

    /// <summary>Adds a merge; a pair that was there already takes the new rank, as in Hugging Face's map.</summary>
    public void Add(int rank, uint left, uint right, uint merged)
    {
        var key = Key(left, right);
        var hash = Hash(key);
        var bit = FilterBit(hash);
        _filter[bit >> 6] |= 1UL << (bit & 63);
        var slot = First(hash);
        while (_slots[slot].Key != key && _slots[slot].Key != Empty) slot = Next(slot);
        _slots[slot] = new Slot { Key = key, Rank = rank };
        _merged[rank] = merged;
    }

    /// <summary>The rank of a pair's merge (lower merges first), or <see cref="None"/>.</summary>
    public int Rank(uint left, uint right)
    {
        var key = Key(left, right);
        var hash = Hash(key);
        var bit = FilterBit(hash);
        if ((_filter[bit >> 6] >> (bit & 63) & 1) == 0) return None;
        for (var slot = First(hash); ; slot = Next(slot))
        {
            ref readonly var candidate = ref _slots[slot];
            if (candidate.Key == key) return candidate.Rank;
            if (candidate.Key == Empty) return None;
        }
    }

    /// <summary>The id that the merge of this rank gives.</summary>
    public uint Merged(int rank) => _merged[rank];

    private static ulong Key(uint left, uint right) => (ulong)left << 32 | right;

    private static ulong Hash(ulong key) => ByteHash.Mix(0, key);

    private int First(ulong hash) => (int)(hash >> _shift);

    private int FilterBit(ulong hash) => (int)(hash >> (_shift - FilterBitsPerSlotLog2));

    private int Next(int slot) => (slot + 1) & (_slots.Length - 1);

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Slot
    {
        public ulong Key;
        public int Rank;
    }
}
