using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices.Wire;

namespace OrleansKvRouter.Slices.Writing;

/// <summary>The steps of a delta that is being put together: neighbouring keys with the same change share a step.</summary>
internal sealed class PendingDelta
{
    private ulong[] _words = new ulong[32];
    private int _count;
    private int _step;

    public bool IsEmpty => _count == 0;

    public ReadOnlySpan<ulong> Words => _words.AsSpan(0, _count);

    public void Add(DeltaAction action, int tier, BlockKey key)
    {
        if (_count + 2 > _words.Length) Array.Resize(ref _words, _words.Length * 2);
        var head = (ulong)action | ((ulong)tier << 8);
        if (_count == 0 || (uint)_words[_step] != (uint)head) Begin(head);
        _words[_count++] = key.Value;
        _words[_step] += 1UL << 32;
    }

    public void Add(DeltaAction action, int tier)
    {
        if (_count + 2 > _words.Length) Array.Resize(ref _words, _words.Length * 2);
        Begin((ulong)action | ((ulong)tier << 8));
    }

    public void Clear() => _count = 0;

    private void Begin(ulong head)
    {
        _step = _count;
        _words[_count++] = head;
    }
}
