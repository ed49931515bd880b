using System.Text;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>
/// One ZeroMQ socket. It belongs to one thread at a time; only <see cref="ZmqContext.Shutdown"/> may come from another.
/// Interrupted system calls are tried again.
/// </summary>
public sealed unsafe class ZmqSocket : IDisposable
{
    private nint _handle;

    internal ZmqSocket(nint handle, ZmqSocketOptions options)
    {
        _handle = handle;
        Set(Option.SendHighWatermark, options.SendHighWatermark);
        Set(Option.ReceiveHighWatermark, options.ReceiveHighWatermark);
        Set(Option.Linger, Milliseconds(options.Linger));
        Set(Option.Ipv6, options.Ipv6 ? 1 : 0);
        Set(Option.HandshakeInterval, Milliseconds(options.HandshakeTimeout));
        Set(Option.ReconnectInterval, Milliseconds(options.ReconnectInterval));
        Set(Option.ReconnectMax, Milliseconds(options.ReconnectMax));
        if (options.MaxMessageBytes is { } bytes) Set(Option.MaxMessageSize, &bytes, sizeof(long));
        if (options.KeepAliveAfter is { } silence)
        {
            Set(Option.KeepAlive, 1);
            Set(Option.KeepAliveIdle, (int)silence.TotalSeconds);
        }
    }

    /// <summary>The address of the last bind or connect, with the port that <c>tcp://127.0.0.1:*</c> was given.</summary>
    public string LastEndpoint
    {
        get
        {
            var buffer = stackalloc byte[512];
            nuint length = 512;
            if (LibZmq.GetOption(Handle, (int)Option.LastEndpoint, buffer, &length) != 0) throw ZmqError.Bug("last endpoint");
            return Encoding.UTF8.GetString(buffer, (int)length - 1);
        }
    }

    /// <summary>The port of <see cref="LastEndpoint"/>.</summary>
    public int LastPort => int.Parse(LastEndpoint.AsSpan(LastEndpoint.LastIndexOf(':') + 1), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Listens; null, or a fault that names the address.</summary>
    public Fault? Bind(string address) => LibZmq.Bind(Handle, address) == 0 ? null : ZmqError.Describe(address);

    /// <summary>Starts to connect, and does so again whenever the connection is lost; null, or a fault that names the address.</summary>
    public Fault? Connect(string address) => LibZmq.Connect(Handle, address) == 0 ? null : ZmqError.Describe(address);

    /// <summary>Lets a SUB receive messages whose first frame starts with <paramref name="prefix"/>; empty for all.</summary>
    public void Subscribe(ReadOnlySpan<byte> prefix)
    {
        fixed (byte* data = prefix) Set(Option.Subscribe, data, (nuint)prefix.Length);
    }

    /// <summary>
    /// Receives one frame without copying it; what <paramref name="into"/> held before is let go. A message's frames
    /// arrive together: while <see cref="ZmqMessage.More"/>, the next receive does not wait.
    /// </summary>
    public ZmqResult Receive(ZmqMessage into, bool wait = true)
    {
        int received;
        do
        {
            received = LibZmq.MessageReceive(into.Handle, Handle, wait ? 0 : LibZmq.DontWait);
        }
        while (received < 0 && ZmqError.Last == ZmqError.Interrupted);

        return received >= 0 ? ZmqResult.Done : Failure("zmq_msg_recv");
    }

    /// <summary>Sends one frame (copied); <paramref name="more"/> when another frame of the same message follows.</summary>
    public ZmqResult Send(ReadOnlySpan<byte> frame, bool more = false, bool wait = true)
    {
        var flags = (more ? LibZmq.SendMore : 0) | (wait ? 0 : LibZmq.DontWait);
        fixed (byte* data = frame)
        {
            int sent;
            do
            {
                sent = LibZmq.Send(Handle, data, (nuint)frame.Length, flags);
            }
            while (sent < 0 && ZmqError.Last == ZmqError.Interrupted);

            return sent >= 0 ? ZmqResult.Done : Failure("zmq_send");
        }
    }

    /// <summary>Waits until there is something to receive; false when the time is over or the context was shut down.</summary>
    public bool Poll(TimeSpan timeout)
    {
        var item = new LibZmq.PollItem { Socket = Handle, Events = LibZmq.PollIn };
        return LibZmq.Poll(&item, 1, Milliseconds(timeout)) > 0;
    }

    public void Dispose()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0 && LibZmq.SocketClose(handle) != 0) throw ZmqError.Bug("zmq_close");
    }

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    private static ZmqResult Failure(string call) => ZmqError.Last switch
    {
        ZmqError.Again => ZmqResult.WouldBlock,
        ZmqError.Terminated => ZmqResult.Closed,
        _ => throw ZmqError.Bug(call),
    };

    private static int Milliseconds(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? -1 : (int)time.TotalMilliseconds;

    private void Set(Option option, int value) => Set(option, &value, sizeof(int));

    private void Set(Option option, void* value, nuint length)
    {
        if (LibZmq.SetOption(Handle, (int)option, value, length) != 0) throw ZmqError.Bug($"option {option}");
    }

    /// <summary>Option numbers of zmq.h.</summary>
    private enum Option
    {
        Subscribe = 6,
        Linger = 17,
        ReconnectInterval = 18,
        ReconnectMax = 21,
        MaxMessageSize = 22,
        SendHighWatermark = 23,
        ReceiveHighWatermark = 24,
        LastEndpoint = 32,
        KeepAlive = 34,
        KeepAliveIdle = 36,
        Ipv6 = 42,
        HandshakeInterval = 66,
    }
}
