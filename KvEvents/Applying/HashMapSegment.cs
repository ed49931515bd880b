namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>
/// A table of an <see cref="EngineHashMap"/>: open addressing in flat arrays. It grows by an eighth when fifteen sixteenths are
/// taken, so that it stays full, and shrinks when less than a quarter is; whoever removes moves up what would not be found past the hole.
/// </summary>
internal sealed class HashMapSegment(int keysPerBlock, int stateSize, Func<ulong, ulong> mix)
{
    /// <summary>Copies of a tier that a place can count.</summary>
    public const int MaxCopies = 3;

    private const int Smallest = 8;
    private const int BitsPerTier = 2;
    private const byte Taken = 1 << (BitsPerTier * Tiers.Count);

    private ulong[] _hashes = new ulong[Smallest];
    private ulong[] _keys = new ulong[Smallest * keysPerBlock];
    private byte[] _states = new byte[Smallest * stateSize];

    // Two bits for each tier, and one that says that the place is taken; 0 is an empty place.
    private byte[] _copies = new byte[Smallest];

    public int Count { get; private set; }

    public long Bytes => _hashes.Length * (sizeof(ulong) + (sizeof(ulong) * (long)keysPerBlock) + stateSize + sizeof(byte));

    /// <summary>The place of a hash, or −1.</summary>
    public int Find(ulong hash, ulong mixed)
    {
        for (var at = Home(mixed); _copies[at] != 0; at = After(at))
        {
            if (_hashes[at] == hash) return at;
        }

        return -1;
    }

    /// <summary>Adds a hash that is not there.</summary>
    public int Add(ulong hash, ulong mixed)
    {
        if ((Count + 1) * 16L > _hashes.Length * 15L) Resize((_hashes.Length * 9 / 8) + 1);
        Count++;
        return Place(hash, mixed, Taken);
    }

    public Span<ulong> Keys(int at) => _keys.AsSpan(at * keysPerBlock, keysPerBlock);

    public Span<byte> State(int at) => _states.AsSpan(at * stateSize, stateSize);

    public ulong HashAt(int at) => _hashes[at];

    public int Copies(int at, Tier tier) => _copies[at] >> ((int)tier * BitsPerTier) & MaxCopies;

    public void SetCopies(int at, Tier tier, int copies)
    {
        var shift = (int)tier * BitsPerTier;
        _copies[at] = (byte)((_copies[at] & ~(MaxCopies << shift)) | (copies << shift));
    }

    public bool HasAnyCopies(int at) => _copies[at] != Taken;

    public void Remove(int hole)
    {
        Count--;
        for (var at = After(hole); _copies[at] != 0; at = After(at))
        {
            // It may move up unless its search begins behind the hole.
            var home = Home(mix(_hashes[at]));
            if (Distance(home, at) < Distance(hole, at)) continue;
            Move(at, hole);
            hole = at;
        }

        _copies[hole] = 0;
        if (_hashes.Length > 2 * Smallest && Count * 4 < _hashes.Length) Resize(Math.Max(Smallest, Count * 2));
    }

    /// <summary>The first taken place from <paramref name="at"/> on, or −1.</summary>
    public int Next(int at)
    {
        var next = _copies.AsSpan(at).IndexOfAnyExcept((byte)0);
        return next < 0 ? -1 : at + next;
    }

    private int Home(ulong mixed) => (int)(((ulong)(uint)(mixed >> 24) * (uint)_hashes.Length) >> 32);

    private int After(int at) => at + 1 == _hashes.Length ? 0 : at + 1;

    private int Distance(int from, int to) => to >= from ? to - from : to - from + _hashes.Length;

    private int Place(ulong hash, ulong mixed, byte copies)
    {
        var at = Home(mixed);
        while (_copies[at] != 0) at = After(at);
        (_hashes[at], _copies[at]) = (hash, copies);
        return at;
    }

    private void Move(int from, int to)
    {
        (_hashes[to], _copies[to]) = (_hashes[from], _copies[from]);
        Keys(from).CopyTo(Keys(to));
        State(from).CopyTo(State(to));
    }

    private void Resize(int places)
    {
        var (hashes, keys, states, copies) = (_hashes, _keys, _states, _copies);
        (_hashes, _keys, _states, _copies) = (new ulong[places], new ulong[places * keysPerBlock], new byte[places * stateSize], new byte[places]);
        for (var i = 0; i < hashes.Length; i++)
        {
            if (copies[i] == 0) continue;
            var at = Place(hashes[i], mix(hashes[i]), copies[i]);
            keys.AsSpan(i * keysPerBlock, keysPerBlock).CopyTo(Keys(at));
            states.AsSpan(i * stateSize, stateSize).CopyTo(State(at));
        }
    }
}
