using System.Numerics;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>
/// One engine's hashes → the pool's keys of the same tokens, with what continues the chain after them and how many
/// copies each tier has. Open addressing with linear probing over (hash, slot), a slot's values in flat arrays: 74 to 125
/// bytes a block with a 32-byte chain state, depending on when it last grew. Nothing is allocated but when it grows. One thread at a time.
/// </summary>
/// <param name="keysPerBlock">Pool blocks in a block of the engine.</param>
/// <param name="stateSize">Bytes of chain state that a block's key does not contain; 0 where the key is all.</param>
internal sealed class EngineHashMap(int keysPerBlock, int stateSize)
{
    private const int SmallestTable = 1024;
    private const int None = 0;

    // The table: a slot's number and one more, so that 0 is an empty place.
    private ulong[] _hashes = [];
    private int[] _places = [];

    // The slots.
    private ulong[] _keys = [];
    private byte[] _states = [];
    private ushort[] _copies = [];
    private ulong[] _hashOf = [];
    private int[] _free = [];
    private int _freeCount;
    private int _used;

    public int KeysPerBlock => keysPerBlock;

    /// <summary>Blocks in the map.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the arrays.</summary>
    public long Bytes => (_hashes.Length * 12L) + (_copies.Length / Tiers.Count * SlotBytes);

    private long SlotBytes => (8L * keysPerBlock) + stateSize + (2 * Tiers.Count) + 8 + 4;

    /// <summary>The slot of a hash, or −1. Valid until the next <see cref="Add"/> or removal.</summary>
    public int Find(EngineBlockHash hash)
    {
        if (Count == 0) return -1;
        var mask = _hashes.Length - 1;
        for (var at = Home(hash.Value, mask); _places[at] != None; at = (at + 1) & mask)
        {
            if (_hashes[at] == hash.Value) return _places[at] - 1;
        }

        return -1;
    }

    /// <summary>Adds a hash that is not in the map, without copies and with keys and state for the caller to write.</summary>
    public int Add(EngineBlockHash hash)
    {
        if ((Count + 1) * 4L > _hashes.Length * 3L) Resize(Math.Max(SmallestTable, _hashes.Length * 2));
        var slot = TakeSlot();
        _hashOf[slot] = hash.Value;
        Place(hash.Value, slot + 1);
        Count++;
        return slot;
    }

    public Span<BlockKey> Keys(int slot) =>
        MemoryMarshal.Cast<ulong, BlockKey>(_keys.AsSpan(slot * keysPerBlock, keysPerBlock));

    /// <summary>What the key function continues from after the block.</summary>
    public Span<byte> State(int slot) => _states.AsSpan(slot * stateSize, stateSize);

    public bool HasCopy(int slot, Tier tier) => _copies[(slot * Tiers.Count) + (int)tier] > 0;

    /// <summary>Visits every block with its copies in each tier that has any.</summary>
    public void ForEach(Action<EngineBlockHash, Tier, int> visit)
    {
        foreach (var place in _places)
        {
            if (place == None) continue;
            for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++)
            {
                var copies = _copies[((place - 1) * Tiers.Count) + (int)tier];
                if (copies > 0) visit(new EngineBlockHash(_hashOf[place - 1]), tier, copies);
            }
        }
    }

    /// <summary>Counts one more copy; true for the tier's first.</summary>
    public bool AddCopy(int slot, Tier tier)
    {
        ref var copies = ref _copies[(slot * Tiers.Count) + (int)tier];
        if (copies < ushort.MaxValue) copies++;
        return copies == 1;
    }

    /// <summary>Counts one copy less; true for the tier's last. A tier without copies has no last one.</summary>
    public bool TakeCopy(int slot, Tier tier)
    {
        ref var copies = ref _copies[(slot * Tiers.Count) + (int)tier];
        return copies > 0 && --copies == 0;
    }

    /// <summary>Lets go of a block that no tier has any more; true when it did.</summary>
    public bool Release(int slot)
    {
        if (_copies.AsSpan(slot * Tiers.Count, Tiers.Count).ContainsAnyExcept((ushort)0)) return false;
        Displace(_hashOf[slot]);
        _free[_freeCount++] = slot;
        Count--;

        // A table an eighth full shrinks to a quarter of its size: the memory of a burst is given back.
        if (Count == 0) Clear();
        else if (_hashes.Length > SmallestTable && Count * 8L < _hashes.Length) Compact();
        return true;
    }

    /// <summary>Forgets everything and gives the memory back.</summary>
    public void Clear()
    {
        (_hashes, _places, _keys, _states, _copies, _hashOf, _free) = ([], [], [], [], [], [], []);
        (_freeCount, _used, Count) = (0, 0, 0);
    }

    /// <summary>Takes every copy of one tier away.</summary>
    public void Clear(Tier tier)
    {
        if (Count == 0) return;
        var kept = new EngineHashMap(keysPerBlock, stateSize);
        foreach (var place in _places)
        {
            if (place != None) kept.CopyFrom(this, place - 1, except: tier);
        }

        Become(kept);
    }

    /// <summary>All that the map says.</summary>
    public MapContent Export()
    {
        var content = new MapContent(keysPerBlock, stateSize, Count);
        var at = 0;
        foreach (var place in _places)
        {
            if (place == None) continue;
            var slot = place - 1;
            content.Hashes[at] = _hashOf[slot];
            MemoryMarshal.Cast<BlockKey, ulong>(Keys(slot)).CopyTo(content.Keys.AsSpan(at * keysPerBlock));
            State(slot).CopyTo(content.States.AsSpan(at * stateSize));
            _copies.AsSpan(slot * Tiers.Count, Tiers.Count).CopyTo(content.Copies.AsSpan(at * Tiers.Count));
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
            content.Copies.AsSpan(i * Tiers.Count, Tiers.Count).CopyTo(_copies.AsSpan(slot * Tiers.Count, Tiers.Count));
        }
    }

    private static int Home(ulong hash, int mask) => (int)((hash * 0x9E3779B97F4A7C15) >> 32) & mask;

    private void Place(ulong hash, int place)
    {
        var mask = _hashes.Length - 1;
        var at = Home(hash, mask);
        while (_places[at] != None) at = (at + 1) & mask;
        (_hashes[at], _places[at]) = (hash, place);
    }

    /// <summary>Takes a hash out and moves up those behind it that would not be found past the hole.</summary>
    private void Displace(ulong hash)
    {
        var mask = _hashes.Length - 1;
        var hole = Home(hash, mask);
        while (_hashes[hole] != hash || _places[hole] == None) hole = (hole + 1) & mask;
        for (var at = (hole + 1) & mask; _places[at] != None; at = (at + 1) & mask)
        {
            var distance = (at - Home(_hashes[at], mask)) & mask;
            if (distance < ((at - hole) & mask)) continue;
            (_hashes[hole], _places[hole]) = (_hashes[at], _places[at]);
            hole = at;
        }

        (_hashes[hole], _places[hole]) = (0, None);
    }

    private int TakeSlot()
    {
        if (_freeCount > 0) return _free[--_freeCount];
        if (_used == _hashOf.Length)
        {
            var slots = Math.Max(SmallestTable / 2, _used + (_used / 2));
            Array.Resize(ref _keys, slots * keysPerBlock);
            Array.Resize(ref _states, slots * stateSize);
            Array.Resize(ref _copies, slots * Tiers.Count);
            Array.Resize(ref _hashOf, slots);
            Array.Resize(ref _free, slots);
        }

        return _used++;
    }

    private void Resize(int places)
    {
        var (hashes, old) = (_hashes, _places);
        (_hashes, _places) = (new ulong[places], new int[places]);
        for (var i = 0; i < old.Length; i++)
        {
            if (old[i] != None) Place(hashes[i], old[i]);
        }
    }

    private void Compact()
    {
        var kept = new EngineHashMap(keysPerBlock, stateSize);
        kept.Resize((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(SmallestTable, Count * 2)));
        foreach (var place in _places)
        {
            if (place != None) kept.CopyFrom(this, place - 1, except: null);
        }

        Become(kept);
    }

    private void CopyFrom(EngineHashMap other, int from, Tier? except)
    {
        Span<ushort> copies = stackalloc ushort[Tiers.Count];
        other._copies.AsSpan(from * Tiers.Count, Tiers.Count).CopyTo(copies);
        if (except is { } tier) copies[(int)tier] = 0;
        if (!copies.ContainsAnyExcept((ushort)0)) return;
        var to = Add(new EngineBlockHash(other._hashOf[from]));
        copies.CopyTo(_copies.AsSpan(to * Tiers.Count, Tiers.Count));
        other.Keys(from).CopyTo(Keys(to));
        other.State(from).CopyTo(State(to));
    }

    private void Become(EngineHashMap other)
    {
        (_hashes, _places, _keys, _states) = (other._hashes, other._places, other._keys, other._states);
        (_copies, _hashOf, _free) = (other._copies, other._hashOf, other._free);
        (_freeCount, _used, Count) = (other._freeCount, other._used, other.Count);
    }
}
