using System.Numerics;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices.Walks;

/// <summary>A chain of keys cut by slice: each slice's keys in their order, with their places in the chain. Reused from walk to walk.</summary>
internal sealed class KeySplit
{
    private BlockKey[] _keys = [];
    private int[] _places = [];
    private byte[] _slices = [];
    private readonly int[] _ends = new int[SliceMap.MaxSlices + 1];

    /// <summary>The slices that have any of the keys, a bit each.</summary>
    public ulong Present { get; private set; }

    public void Cut(ReadOnlySpan<BlockKey> keys, int slices)
    {
        MakeRoom(keys.Length);
        // Count, then place: each slice's keys end up side by side, in order.
        var ends = _ends.AsSpan(0, slices + 1);
        ends.Clear();
        for (var i = 0; i < keys.Length; i++)
        {
            var slice = SliceMap.SliceOf(keys[i], slices);
            _slices[i] = (byte)slice;
            ends[slice + 1]++;
        }

        Present = 0;
        for (var slice = 0; slice < slices; slice++)
        {
            if (ends[slice + 1] > 0) Present |= 1UL << slice;
            ends[slice + 1] += ends[slice];
        }

        Span<int> next = stackalloc int[SliceMap.MaxSlices];
        ends[..slices].CopyTo(next);
        for (var i = 0; i < keys.Length; i++)
        {
            var at = next[_slices[i]]++;
            (_keys[at], _places[at]) = (keys[i], i);
        }
    }

    /// <summary>What another silo has cut already.</summary>
    /// <param name="slices">Slices of which it has the keys.</param>
    /// <param name="counts">How many, for each of these.</param>
    /// <param name="keys">The keys, slice by slice.</param>
    /// <param name="places">Their places in the chain.</param>
    public void Fill(ulong slices, ReadOnlySpan<ulong> counts, ReadOnlySpan<BlockKey> keys, ReadOnlySpan<int> places)
    {
        MakeRoom(keys.Length);
        keys.CopyTo(_keys);
        places.CopyTo(_places);
        (Present, _ends[0]) = (slices, 0);
        for (int slice = 0, at = 0; slice < SliceMap.MaxSlices; slice++)
        {
            _ends[slice + 1] = _ends[slice] + ((slices & (1UL << slice)) == 0 ? 0 : (int)counts[at++]);
        }
    }

    public ReadOnlySpan<BlockKey> KeysOf(int slice) => _keys.AsSpan(_ends[slice].._ends[slice + 1]);

    public ReadOnlySpan<int> PlacesOf(int slice) => _places.AsSpan(_ends[slice].._ends[slice + 1]);

    private void MakeRoom(int keys)
    {
        if (_keys.Length >= keys) return;
        var room = (int)BitOperations.RoundUpToPowerOf2((uint)keys);
        (_keys, _places, _slices) = (new BlockKey[room], new int[room], new byte[room]);
    }
}
