using System.Buffers;

namespace OrleansKvRouter.KvIndex.Snapshots.Cutting;

/// <summary>What a chunk was at the cut: its keys and words, in rented memory.</summary>
internal sealed class ChunkCopy : IDisposable
{
    private readonly ulong[] _keys;
    private readonly uint[] _words;
    private readonly int _count;

    public ChunkCopy(ReadOnlySpan<ulong> keys, ReadOnlySpan<uint> words)
    {
        _count = keys.Length;
        keys.CopyTo(_keys = ArrayPool<ulong>.Shared.Rent(_count));
        words.CopyTo(_words = ArrayPool<uint>.Shared.Rent(_count));
    }

    public ReadOnlySpan<ulong> Keys => _keys.AsSpan(0, _count);

    public ReadOnlySpan<uint> Words => _words.AsSpan(0, _count);

    /// <summary>By an entry's place in the copy and a holder's tag, copies beyond the second.</summary>
    public Dictionary<(int Entry, int Tag), int> More { get; } = [];

    public void Dispose()
    {
        ArrayPool<ulong>.Shared.Return(_keys);
        ArrayPool<uint>.Shared.Return(_words);
    }
}
