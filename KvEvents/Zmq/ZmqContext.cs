using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>
/// libzmq's context: the I/O thread that a group of sockets shares. Thread-safe. Dispose it after its sockets; to
/// get a thread out of a blocking call first, <see cref="Shutdown"/> it.
/// </summary>
public sealed class ZmqContext : IDisposable
{
    /// <summary>Sockets at a time: one for each engine that is connected to. The table for them takes eight bytes each.</summary>
    private const int MaxSockets = 16384;

    private nint _handle;

    private ZmqContext(nint handle) => _handle = handle;

    /// <summary>Creates a context; the fault names the Debian package when libzmq is not on this machine.</summary>
    public static Expected<ZmqContext> Create()
    {
        try
        {
            var handle = LibZmq.ContextNew();
            if (handle == 0) return ZmqError.Describe("ZeroMQ context");
            if (LibZmq.ContextSet(handle, LibZmq.MaxSockets, MaxSockets) != 0) throw ZmqError.Bug("zmq_ctx_set");
            return new ZmqContext(handle);
        }
        catch (DllNotFoundException)
        {
            return ZmqError.LibraryMissing;
        }
    }

    /// <summary>Opens a socket. It belongs to one thread at a time.</summary>
    public Expected<ZmqSocket> Open(ZmqSocketType type, ZmqSocketOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        var socket = LibZmq.SocketNew(_handle, (int)type);
        return socket == 0 ? ZmqError.Describe($"{type} socket") : new ZmqSocket(socket, options ?? ZmqSocketOptions.Default);
    }

    /// <summary>Ends every blocking call on this context's sockets with <see cref="ZmqResult.Closed"/>; what follows does too.</summary>
    public void Shutdown()
    {
        if (_handle != 0 && LibZmq.ContextShutdown(_handle) != 0) throw ZmqError.Bug("zmq_ctx_shutdown");
    }

    /// <summary>Waits until all sockets are closed and their linger time is over, then frees the context.</summary>
    public void Dispose()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0) return;
        while (LibZmq.ContextTerminate(handle) != 0)
        {
            if (ZmqError.Last != ZmqError.Interrupted) throw ZmqError.Bug("zmq_ctx_term");
        }
    }
}
