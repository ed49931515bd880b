namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>The socket types of KV events: engines publish and answer replays, routers subscribe and ask.</summary>
public enum ZmqSocketType
{
    Pub = 1,
    Sub = 2,
    Dealer = 5,
    Router = 6,
}

/// <summary>What became of a send or a receive.</summary>
public enum ZmqResult
{
    Done,

    /// <summary>Nothing to receive, or no room to send, and the caller did not want to wait.</summary>
    WouldBlock,

    /// <summary>The context was shut down: close the socket.</summary>
    Closed,
}

/// <summary>Options that libzmq wants before bind and connect.</summary>
public sealed record ZmqSocketOptions
{
    public static ZmqSocketOptions Default { get; } = new();

    /// <summary>Messages queued for each peer before a PUB drops and a ROUTER or DEALER waits; 0 for no bound.</summary>
    public int SendHighWatermark { get; init; } = 1000;

    /// <summary>Messages queued from each peer before it is no longer read; 0 for no bound.</summary>
    public int ReceiveHighWatermark { get; init; } = 1000;

    /// <summary>How long closing waits for unsent messages.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.Zero;

    /// <summary>A peer that announces a larger frame is disconnected, before memory is given to it; null for no bound.</summary>
    public long? MaxMessageBytes { get; init; }

    /// <summary>Binds <c>*</c> to IPv6 and IPv4 together, and connects to IPv6 addresses.</summary>
    public bool Ipv6 { get; init; }

    /// <summary>A connection that has not completed ZeroMQ's handshake by then is closed.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first pause before a lost connection is tried again; it doubles up to <see cref="ReconnectMax"/>.</summary>
    public TimeSpan ReconnectInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Sends TCP keep-alives after this much silence, so that a peer that vanished is let go; null for never.</summary>
    public TimeSpan? KeepAliveAfter { get; init; }
}
