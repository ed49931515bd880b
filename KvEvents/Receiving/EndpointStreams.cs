using System.Text;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>
/// The endpoints' own streams, each there before its engine says anything, so that it is asked at once for what it holds. In
/// connect mode a stream has a SUB socket; libzmq connects again when a connection is lost. In bind mode it brings
/// the engine's replays alone, and the topic under which the engine publishes joins it. They come and go with the endpoints. For the
/// subscriber's thread only.
/// </summary>
internal sealed class EndpointStreams(ZmqContext context, ZmqSocketOptions options, FeedServices services)
{
    private readonly Dictionary<FeedTarget, EngineStream> _byTarget = [];
    private readonly Dictionary<FeedTarget, EngineConnection> _connections = [];

    /// <summary>Those with a socket.</summary>
    public IReadOnlyList<EngineConnection> Connections { get; private set; } = [];

    /// <summary>
    /// Opens a stream for each endpoint that can be connected to or asked and whose events this process applies, and lets go of
    /// those of all others.
    /// </summary>
    public void Follow(IReadOnlyCollection<FeedTarget> targets)
    {
        var gone = _byTarget.Keys.Where(target => target.IsElsewhere).Union(_byTarget.Keys.Except(targets)).ToArray();
        foreach (var target in gone) Close(target);
        foreach (var target in targets.Where(target => target is { IsElsewhere: false, Sockets.Events: not null } && !_byTarget.ContainsKey(target))) Connect(target, target.Sockets!);

        // Of several pools' endpoints at one replay socket only the topic tells whose engine it is.
        var askable = targets.Where(target => target.Sockets is { Events: null, ReplayPort: not null })
            .Select(target => (Target: target, Origin: ReplayOrigin.Of(target)))
            .GroupBy(pair => pair.Origin.Address, StringComparer.Ordinal)
            .Where(group => group.Count() == 1)
            .SelectMany(group => group);
        foreach (var (target, origin) in askable)
        {
            if (!target.IsElsewhere && !_byTarget.ContainsKey(target)) Open(target, origin);
        }

        Connections = [.. _connections.Values];
    }

    public void Revisit()
    {
        foreach (var stream in _byTarget.Values) stream.Revisit();
    }

    /// <summary>Waits for what is being applied, and closes the sockets.</summary>
    public void Stop()
    {
        foreach (var target in _byTarget.Keys.ToArray()) Close(target);
        Connections = [];
    }

    private EngineStream Open(FeedTarget target, StreamOrigin origin)
    {
        var stream = new EngineStream(origin, services);
        _byTarget.Add(target, stream);
        stream.Revisit();
        return stream;
    }

    private void Connect(FeedTarget target, EngineSockets sockets)
    {
        if (!context.Open(ZmqSocketType.Sub, options).Try(out var socket, out var fault))
        {
            Log.NotSubscribed(services.Logger, target.Endpoint, fault);
            return;
        }

        socket.Subscribe([]);
        if (socket.Connect(sockets.Events!) is { } failure)
        {
            Log.NotSubscribed(services.Logger, target.Endpoint, failure);
            socket.Dispose();
            return;
        }

        _connections.Add(target, new EngineConnection(socket, Open(target, new ConnectionOrigin(target, sockets)), Encoding.UTF8.GetBytes(sockets.Events!)));
    }

    private void Close(FeedTarget target)
    {
        if (_connections.Remove(target, out var connection)) connection.Socket.Dispose();
        if (_byTarget.Remove(target, out var stream)) stream.Stop();
    }
}

/// <summary>A socket, the stream that its messages go to, and its address as bytes for log lines.</summary>
internal sealed record EngineConnection(ZmqSocket Socket, EngineStream Stream, byte[] Address);
