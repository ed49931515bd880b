using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>Token ids and the bytes they stand for. Immutable once built; any thread may read it.</summary>
internal sealed class Vocabulary
{
    private readonly byte[] _bytes;
    private readonly (int Start, int Length)[] _ranges;
    private readonly int[] _slots;
    private readonly int _shift;
    private readonly Dictionary<string, int> _literals;

    public Vocabulary(VocabularyBuilder builder)
    {
        _bytes = builder.Bytes.ToArray();
        _literals = builder.Literals;
        Count = builder.Entries.Count;
        _ranges = new (int, int)[builder.HighestId + 1];
        var bits = Math.Max(4, 64 - BitOperations.LeadingZeroCount((ulong)Count * 3 / 2));
        _shift = 64 - bits;
        _slots = new int[1 << bits];
        foreach (var (id, start, length, isLiteral) in builder.Entries)
        {
            _ranges[id] = (start, length);
            if (!isLiteral) Insert(id);
        }
    }

    /// <summary>Number of tokens.</summary>
    public int Count { get; }

    /// <summary>The bytes of a token; empty for an id that has none.</summary>
    public ReadOnlySpan<byte> this[uint id]
    {
        get
        {
            if (id >= (uint)_ranges.Length) return default;
            var (start, length) = _ranges[id];
            return _bytes.AsSpan(start, length);
        }
    }

    /// <summary>The id of the token with these bytes; -1 for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // Loading is over before tiered compilation would look at it.
    public int Find(ReadOnlySpan<byte> token)
    {
        for (var slot = (int)(ByteHash.Of(token) >> _shift); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            var id = _slots[slot] - 1;
            if (id < 0 || this[(uint)id].SequenceEqual(token)) return id;
        }
    }

    /// <summary>The id of the token that the file writes as <paramref name="literal"/>; -1 for none.</summary>
    public int FindLiteral(string literal)
    {
        if (_literals.TryGetValue(literal, out var id)) return id;
        var bytes = new ByteBlob();
        return ByteAlphabet.TryDecode(Encoding.UTF8.GetBytes(literal), bytes) ? Find(bytes.From(0)) : -1;
    }

    private void Insert(int id)
    {
        var slot = (int)(ByteHash.Of(this[(uint)id]) >> _shift);
        while (_slots[slot] != 0) slot = (slot + 1) & (_slots.Length - 1);
        _slots[slot] = id + 1;
    }
}
