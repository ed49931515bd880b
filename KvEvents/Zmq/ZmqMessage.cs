using System.Runtime.InteropServices;

namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>
/// One received frame, in memory that libzmq owns. Reusable: a receive into it lets the previous frame go. Spans of
/// <see cref="Data"/> are valid until then, until <see cref="Clear"/>, and until it is disposed.
/// </summary>
public sealed unsafe class ZmqMessage : IDisposable
{
    private nint _handle;

    public ZmqMessage()
    {
        _handle = (nint)NativeMemory.AlignedAlloc(LibZmq.MessageSize, (nuint)sizeof(nint));
        if (LibZmq.MessageInit(_handle) != 0) throw ZmqError.Bug("zmq_msg_init");
    }

    public ReadOnlySpan<byte> Data => new(LibZmq.MessageData(Handle), Length);

    /// <summary>Bytes in the frame.</summary>
    public int Length => (int)LibZmq.MessageLength(Handle);

    /// <summary>True when another frame of the same message follows.</summary>
    public bool More => LibZmq.MessageMore(Handle) != 0;

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>Gives the frame's memory back to libzmq.</summary>
    public void Clear()
    {
        if (LibZmq.MessageClose(Handle) != 0 || LibZmq.MessageInit(Handle) != 0) throw ZmqError.Bug("zmq_msg_close");
    }

    public void Dispose()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0) return;
        LibZmq.MessageClose(handle);
        NativeMemory.AlignedFree((void*)handle);
    }
}
