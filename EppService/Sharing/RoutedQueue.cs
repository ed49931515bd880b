using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Sharing;

namespace OrleansKvRouter.EppService.Sharing;

/// <summary>
/// What was routed and is yet to be told, the oldest dropped when nobody fetches it in time. Decisions add, one thread
/// takes; the lock is held for a few instructions.
/// </summary>
/// <param name="maxKeys">Block keys that wait at most, of all prefixes together.</param>
internal sealed class RoutedQueue(int maxKeys)
{
    private readonly Lock _lock = new();
    private readonly Queue<RoutedPrefix> _waiting = new();
    private long _dropped;
    private int _keys;

    /// <summary>Prefixes that were dropped.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    public void Add(string endpoint, int? rank, ReadOnlySpan<BlockKey> keys)
    {
        // What others are told must outlive the decision that it comes from.
        var prefix = new RoutedPrefix(endpoint, rank, keys.ToArray());
        lock (_lock)
        {
            _waiting.Enqueue(prefix);
            _keys += keys.Length;
            while (_keys > maxKeys)
            {
                _keys -= _waiting.Dequeue().Keys.Length;
                Volatile.Write(ref _dropped, _dropped + 1);
            }
        }
    }

    public RoutedPrefix[] TakeAll()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0) return [];
            RoutedPrefix[] all = [.. _waiting];
            _waiting.Clear();
            _keys = 0;
            return all;
        }
    }
}
