using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>
/// Receives the KV events of all engines, those that connect and those that are connected to, and applies them to their
/// indexes. The path of a message: (1) this class's thread receives three frames <c>[topic][sequence][payload]</c>;
/// (2) the topic's or the connection's <see cref="EngineStream"/> queues the payload, still in libzmq's memory; (3) a worker
/// thread decodes it into a batch; (4) the <see cref="EngineFeed"/> of the batch's rank finds the endpoint, or keeps the
/// payload until there is one; (5) its <see cref="FeedDelivery"/> checks the sequence number, and has what is missing
/// replayed first; (6) its <see cref="FeedApplier"/> writes to the index.
/// </summary>
public sealed class EventSubscriber : IDisposable, IFeedEntrance
{
    /// <summary>A socket makes way for others after this many messages.</summary>
    private const int MessagesPerTurn = 1024;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly ZmqContext _context;
    private readonly ZmqSocket _socket;
    private readonly ZmqPoller _poller = new();
    private readonly FeedServices _services;
    private readonly ReplayWorkers _replays;
    private readonly StreamTable _streams;
    private readonly EndpointStreams _endpoints;
    private readonly ForwardedStreams _forwarded;
    private readonly Thread _thread;
    private IReadOnlyCollection<FeedTarget>? _wanted = [];
    private volatile IReadOnlyCollection<FeedTarget> _followed = [];
    private int _ports = 1;
    private int _disposed;

    private EventSubscriber(ZmqContext context, ZmqSocket socket, ZmqSocketOptions socketOptions, FeedServices services, ReplayWorkers replays)
    {
        (_context, _socket, _services, _replays) = (context, socket, services, replays);
        _streams = new StreamTable(services);
        _forwarded = new ForwardedStreams(services);
        _endpoints = new EndpointStreams(context, socketOptions with { ReceiveHighWatermark = 10_000 }, services);
        Address = socket.LastEndpoint;
        Port = socket.LastPort;
        _thread = new Thread(Run) { Name = "kv-events", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The address that was bound, with the port that <c>tcp://127.0.0.1:*</c> was given.</summary>
    public string Address { get; }

    /// <summary>The port that was bound.</summary>
    public int Port { get; }

    /// <summary>Binds and starts to receive; a fault when the address cannot be bound or libzmq is missing.</summary>
    public static Expected<EventSubscriber> Start(
        EventSubscriberOptions options,
        IFeedDirectory directory,
        KvEventInstruments instruments,
        ILogger<EventSubscriber> logger,
        TimeProvider time,
        IFeedSharing? sharing = null)
    {
        if (!ZmqContext.Create().Try(out var context, out var fault)) return fault;
        var socketOptions = new ZmqSocketOptions
        {
            ReceiveHighWatermark = 100_000,
            MaxMessageBytes = options.MaxMessageBytes,
            Ipv6 = true,
            KeepAliveAfter = TimeSpan.FromMinutes(1),
        };
        if (!context.Open(ZmqSocketType.Sub, socketOptions).Try(out var socket, out fault))
        {
            context.Dispose();
            return fault;
        }

        socket.Subscribe(Topic.Prefix);
        if (socket.Bind(options.Address) is { } failure)
        {
            socket.Dispose();
            context.Dispose();
            return failure;
        }

        var messages = new ZmqMessagePool(capacity: 4096);
        var replays = new ReplayWorkers(context, messages, options.Replay);
        var services = new FeedServices(directory, options, instruments, logger, time, messages, replays, sharing);
        Log.Listening(logger, socket.LastEndpoint);
        var subscriber = new EventSubscriber(context, socket, socketOptions, services, replays);
        sharing?.Start(subscriber);
        return subscriber;
    }

    /// <summary>
    /// Says which endpoints there are from now on, all of them. Those with an address to connect to are connected to; those that
    /// connect to the router are asked at once for what they hold where they have a replay port, and their ranks above 0 connect to
    /// ports above <see cref="Port"/> (vLLM adds the rank), which are bound as far as there are ranks, and stay bound. Any thread may call it; it takes effect within a quarter of a second.
    /// </summary>
    public void Follow(IReadOnlyCollection<FeedTarget> targets)
    {
        _followed = targets;
        Volatile.Write(ref _wanted, targets);
    }

    /// <inheritdoc/>
    public bool TryDeliver(string topic, long sequence, byte[] payload) => _forwarded.TryDeliver(topic, sequence, payload);

    /// <inheritdoc/>
    public void Review() => Volatile.Write(ref _wanted, _followed);

    /// <summary>Stops receiving, lets the batches being applied finish and forgets the rest; on return nothing writes to an index.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _replays.Cancel();
        _context.Shutdown();
        _thread.Join();
        // Streams first: a replay may be waiting for room in one of them.
        _endpoints.Stop();
        _streams.Stop();
        _forwarded.Stop();
        _replays.Dispose();
        _services.Messages.Dispose();
        _socket.Dispose();
        _context.Dispose();
    }

    private void Run()
    {
        using var topic = new ZmqMessage();
        using var sequence = new ZmqMessage();
        var lastSweep = Environment.TickCount64;
        var sweeps = 0;
        while (true)
        {
            if (Interlocked.Exchange(ref _wanted, null) is { } wanted) TakeUp(wanted);
            _poller.Wait(SweepInterval);
            if (!Receive(_socket, null, topic, sequence)) return;
            for (var i = 0; i < _endpoints.Connections.Count; i++)
            {
                if (_poller.IsReady(i + 1)) Receive(_endpoints.Connections[i].Socket, _endpoints.Connections[i], topic, sequence);
            }

            if (Environment.TickCount64 - lastSweep < SweepInterval.TotalMilliseconds) continue;
            lastSweep = Environment.TickCount64;
            _streams.Sweep();
            if (++sweeps % StreamTable.SweepsBetweenFullOnes != 0) continue;
            _endpoints.Revisit();
            _forwarded.Sweep();
        }
    }

    private void TakeUp(IReadOnlyCollection<FeedTarget> targets)
    {
        var ranks = 1 + targets.Where(target => target.Sockets is { Events: null }).Max(target => (int?)target.Sockets!.Rank) ?? 1;
        for (; _ports < ranks; _ports++)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"{Address.AsSpan(0, Address.LastIndexOf(':'))}:{Port + _ports}");
            if (_socket.Bind(address) is { } fault) Log.NotListening(_services.Logger, fault);
            else Log.Listening(_services.Logger, address);
        }

        _endpoints.Follow(targets);
        _poller.Watch([_socket, .. _endpoints.Connections.Select(connection => connection.Socket)]);
    }

    /// <summary>Receives what waits in a socket; false when the context was shut down.</summary>
    private bool Receive(ZmqSocket socket, EngineConnection? connection, ZmqMessage topic, ZmqMessage sequence)
    {
        for (var i = 0; i < MessagesPerTurn; i++)
        {
            switch (socket.Receive(topic, wait: false))
            {
                case ZmqResult.Done:
                    ReceiveRest(socket, connection, topic, sequence);
                    break;
                case ZmqResult.WouldBlock:
                    return true;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>Receives the frames after the topic; libzmq hands out a message only when all its frames are there.</summary>
    private void ReceiveRest(ZmqSocket socket, EngineConnection? connection, ZmqMessage topic, ZmqMessage sequence)
    {
        var payload = _services.Messages.Rent();
        var frames = 1;
        var more = topic.More;
        while (more)
        {
            var frame = frames == 1 ? sequence : payload;
            if (socket.Receive(frame) != ZmqResult.Done) break;
            frames++;
            more = frame.More;
        }

        if (frames == 3 && TryReadSequence(sequence.Data, out var number) && (connection?.Stream ?? _streams.Find(topic.Data)) is { } stream)
        {
            stream.Enqueue(number, payload);
            return;
        }

        _services.Messages.Return(payload);
        var sender = connection is null ? topic.Data : connection.Address;
        if (frames != 3) _streams.NoteMalformed(sender, "frames", "it does not have the three frames topic, sequence, payload");
        else if (!TryReadSequence(sequence.Data, out _)) _streams.NoteMalformed(sender, "sequence", "its sequence number does not have eight bytes");
    }

    /// <summary>Eight bytes, big-endian; all ones is the end marker of a replay, not a number.</summary>
    private static bool TryReadSequence(ReadOnlySpan<byte> frame, out long number)
    {
        number = -1;
        if (frame.Length != sizeof(long)) return false;
        number = BinaryPrimitives.ReadInt64BigEndian(frame);
        return number >= 0;
    }
}
