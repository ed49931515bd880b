namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>The content of a set that may exist already, where the writer puts it together.</summary>
internal sealed class SetContent
{
    private ulong[] _words = new ulong[4];
    private ushort[] _places = new ushort[4];
    private int _count;

    public ReadOnlySpan<ulong> Words => _words.AsSpan(0, _count);

    public ReadOnlySpan<ushort> Places => _places.AsSpan(0, _count);

    public uint Hash
    {
        get
        {
            var hash = (ulong)_count;
            for (var i = 0; i < _count; i++) hash = (ulong.RotateLeft(hash, 5) ^ _words[i] ^ ((ulong)_places[i] << 48)) * 0x9E3779B97F4A7C15;
            return (uint)(hash >> 32);
        }
    }

    public SetContent Clear()
    {
        _count = 0;
        return this;
    }

    /// <summary>A set with one more tag.</summary>
    public SetContent With(HolderSet set, int tag)
    {
        var place = (ushort)(tag >> 6);
        var bit = 1UL << (tag & 63);
        _count = 0;
        for (var i = 0; i < set.Count; i++)
        {
            if (set.Places[i] > place && bit != 0) Take(place, bit, ref bit);
            Add(set.Places[i], set.Places[i] == place ? set.Words[i] | bit : set.Words[i]);
            if (set.Places[i] == place) bit = 0;
        }

        if (bit != 0) Add(place, bit);
        return this;
    }

    /// <summary>A set with one tag less.</summary>
    public SetContent Without(HolderSet set, int tag)
    {
        _count = 0;
        for (var i = 0; i < set.Count; i++) Add(set.Places[i], set.Places[i] == tag >> 6 ? set.Words[i] & ~(1UL << (tag & 63)) : set.Words[i]);
        return this;
    }

    /// <summary>The set of these tags, in any order.</summary>
    public SetContent Of(ReadOnlySpan<int> tags)
    {
        _count = 0;
        var sorted = tags.ToArray();
        Array.Sort(sorted);
        foreach (var tag in sorted)
        {
            if (_count > 0 && _places[_count - 1] == tag >> 6) _words[_count - 1] |= 1UL << (tag & 63);
            else Add((ushort)(tag >> 6), 1UL << (tag & 63));
        }

        return this;
    }

    /// <summary>A set without any of <paramref name="tags"/>, words of 64 from the first tag on.</summary>
    public SetContent Without(HolderSet set, ReadOnlySpan<ulong> tags)
    {
        _count = 0;
        for (var i = 0; i < set.Count; i++) Add(set.Places[i], set.Places[i] < tags.Length ? set.Words[i] & ~tags[set.Places[i]] : set.Words[i]);
        return this;
    }

    private void Take(ushort place, ulong word, ref ulong taken)
    {
        Add(place, word);
        taken = 0;
    }

    private void Add(ushort place, ulong word)
    {
        if (word == 0) return;
        if (_count == _words.Length)
        {
            Array.Resize(ref _words, _count * 2);
            Array.Resize(ref _places, _count * 2);
        }

        (_words[_count], _places[_count]) = (word, place);
        _count++;
    }
}
