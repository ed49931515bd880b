namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>
/// Messages to receive into, so that a receive allocates nothing. Any thread may rent and return; at most
/// <paramref name="capacity"/> idle messages are kept.
/// </summary>
public sealed class ZmqMessagePool(int capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ZmqMessage[] _idle = new ZmqMessage[capacity];
    private int _count;
    private bool _disposed;

    public ZmqMessage Rent()
    {
        lock (_lock)
        {
            if (_count > 0) return _idle[--_count];
        }

        return new ZmqMessage();
    }

    /// <summary>Takes a message back and lets its frame go.</summary>
    public void Return(ZmqMessage message)
    {
        message.Clear();
        lock (_lock)
        {
            if (!_disposed && _count < _idle.Length)
            {
                _idle[_count++] = message;
                return;
            }
        }

        message.Dispose();
    }

    /// <summary>Frees the idle messages; those still rented are freed on their return.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_count > 0) _idle[--_count].Dispose();
        }
    }
}
