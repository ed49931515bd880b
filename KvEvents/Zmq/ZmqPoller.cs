namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>Waits on many sockets at once. For the one thread that the sockets belong to; a wait costs about a microsecond for each of them.</summary>
public sealed unsafe class ZmqPoller
{
    private LibZmq.PollItem[] _items = [];

    /// <summary>Replaces the sockets that are waited on.</summary>
    public void Watch(IReadOnlyList<ZmqSocket> sockets)
    {
        _items = new LibZmq.PollItem[sockets.Count];
        for (var i = 0; i < _items.Length; i++) _items[i] = new LibZmq.PollItem { Socket = sockets[i].Handle, Events = LibZmq.PollIn };
    }

    /// <summary>Waits until a socket has something to receive; false when the time is over or the context was shut down.</summary>
    public bool Wait(TimeSpan timeout)
    {
        fixed (LibZmq.PollItem* items = _items) return LibZmq.Poll(items, _items.Length, (nint)timeout.TotalMilliseconds) > 0;
    }

    /// <summary>Whether the socket at a position had something to receive when the last wait ended.</summary>
    public bool IsReady(int position) => (_items[position].ReturnedEvents & LibZmq.PollIn) != 0;
}
