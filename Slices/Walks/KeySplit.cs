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
        if (_keys.Length < keys.Length)
        {
            var room = (int)BitOperations.RoundUpToPowerOf2((uint)keys.Length);
            (_keys, _places, _slices) = (new BlockKey[room], new int[room], new byte[room]);
        }

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

    public ReadOnlySpan<BlockKey> KeysOf(int slice) => _keys.AsSpan(_ends[slice].._ends[slice + 1]);

    public ReadOnlySpan<int> PlacesOf(int slice) => _places.AsSpan(_ends[slice].._ends[slice + 1]);
}
