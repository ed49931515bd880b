using System.Text;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>
/// The SUB sockets of connect mode, one for each endpoint, so that an engine is known from its connection. They come and go
/// with the endpoints; libzmq connects again when a connection is lost. For the subscriber's thread only.
/// </summary>
internal sealed class EngineConnections(ZmqContext context, ZmqSocketOptions options, FeedServices services)
{
    private readonly Dictionary<FeedTarget, EngineConnection> _byTarget = [];

    public IReadOnlyList<EngineConnection> All { get; private set; } = [];

    /// <summary>Connects to the endpoints that have an address to connect to, and lets go of all others.</summary>
    public void Follow(IReadOnlyCollection<FeedTarget> targets)
    {
        var gone = _byTarget.Keys.Except(targets).ToArray();
        foreach (var target in gone)
        {
            _byTarget.Remove(target, out var connection);
            connection!.Close();
        }

        foreach (var target in targets)
        {
            if (target.Sockets is not { Events: { } address } sockets || _byTarget.ContainsKey(target)) continue;
            if (Connect(target, sockets, address) is not { } connection) continue;
            _byTarget.Add(target, connection);
            connection.Stream.Revisit();
        }

        All = [.. _byTarget.Values];
    }

    public void Revisit()
    {
        foreach (var connection in All) connection.Stream.Revisit();
    }

    /// <summary>Waits for what is being applied, and closes the sockets.</summary>
    public void Stop()
    {
        foreach (var connection in All) connection.Close();
        All = [];
        _byTarget.Clear();
    }

    private EngineConnection? Connect(FeedTarget target, EngineSockets sockets, string address)
    {
        if (!context.Open(ZmqSocketType.Sub, options).Try(out var socket, out var fault))
        {
            Log.NotSubscribed(services.Logger, target.Endpoint, fault);
            return null;
        }

        socket.Subscribe([]);
        if (socket.Connect(address) is { } failure)
        {
            Log.NotSubscribed(services.Logger, target.Endpoint, failure);
            socket.Dispose();
            return null;
        }

        return new EngineConnection(socket, new EngineStream(new ConnectionOrigin(target, sockets), services), Encoding.UTF8.GetBytes(address));
    }
}

/// <summary>A socket, the stream that its messages go to, and its address as bytes for log lines.</summary>
internal sealed record EngineConnection(ZmqSocket Socket, EngineStream Stream, byte[] Address)
{
    public void Close()
    {
        Socket.Dispose();
        Stream.Stop();
    }
}
