using System.Buffers;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>A binary heap of (rank, position), lowest first, in a pooled array.</summary>
internal ref struct RankHeap(int capacity)
{
    private ulong[] _keys = ArrayPool<ulong>.Shared.Rent(capacity);
    private int _count;

    public void Push(int rank, int position)
    {
        if (_count == _keys.Length) Grow();
        var key = (ulong)(uint)rank << 32 | (uint)position;
        var at = _count++;
        for (int parent; at > 0 && _keys[parent = (at - 1) / 2] > key; at = parent) _keys[at] = _keys[parent];
        _keys[at] = key;
    }

    public bool TryPop(out int rank, out int position)
    {
        (rank, position) = (0, 0);
        if (_count == 0) return false;
        (rank, position) = ((int)(_keys[0] >> 32), (int)_keys[0]);
        SinkFromTop(_keys[--_count]);
        return true;
    }

    public readonly void Return() => ArrayPool<ulong>.Shared.Return(_keys);

    private readonly void SinkFromTop(ulong key)
    {
        var at = 0;
        for (var child = 1; child < _count; child = 2 * at + 1)
        {
            if (child + 1 < _count && _keys[child + 1] < _keys[child]) child++;
            if (_keys[child] >= key) break;
            _keys[at] = _keys[child];
            at = child;
        }

        _keys[at] = key;
    }

    private void Grow()
    {
        var larger = ArrayPool<ulong>.Shared.Rent(_keys.Length * 2);
        _keys.CopyTo(larger, 0);
        ArrayPool<ulong>.Shared.Return(_keys);
        _keys = larger;
    }
}
