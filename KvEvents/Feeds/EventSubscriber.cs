using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Receives the KV events of all engines that connect, and applies them to the indexes that <see cref="IFeedDirectory"/>
/// names. The path of a message: (1) this class's thread receives three frames <c>[topic][sequence][payload]</c>;
/// (2) the topic's <see cref="EngineStream"/> queues the payload, still in libzmq's memory; (3) a worker thread decodes it into
/// a batch; (4) the <see cref="EngineFeed"/> of the batch's rank finds the endpoint, or keeps the payload until
/// there is one; (5) its <see cref="FeedApplier"/> checks the sequence number and writes to the index.
/// </summary>
public sealed class EventSubscriber : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly ZmqContext _context;
    private readonly ZmqSocket _socket;
    private readonly FeedServices _services;
    private readonly StreamTable _streams;
    private readonly Thread _thread;
    private int _disposed;

    private EventSubscriber(ZmqContext context, ZmqSocket socket, FeedServices services)
    {
        (_context, _socket, _services) = (context, socket, services);
        _streams = new StreamTable(services);
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
        TimeProvider time)
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

        var services = new FeedServices(directory, options, instruments, logger, time, new ZmqMessagePool(capacity: 4096));
        Log.Listening(logger, socket.LastEndpoint);
        return new EventSubscriber(context, socket, services);
    }

    /// <summary>Stops receiving, lets the batches being applied finish and forgets the rest; on return nothing writes to an index.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _context.Shutdown();
        _thread.Join();
        _streams.Stop();
        _services.Messages.Dispose();
        _socket.Dispose();
        _context.Dispose();
    }

    private void Run()
    {
        using var topic = new ZmqMessage();
        using var sequence = new ZmqMessage();
        var lastSweep = Environment.TickCount64;
        while (true)
        {
            switch (_socket.Receive(topic, wait: false))
            {
                case ZmqResult.Done:
                    ReceiveRest(topic, sequence);
                    break;
                case ZmqResult.WouldBlock:
                    _socket.Poll(SweepInterval);
                    break;
                default:
                    return;
            }

            if (Environment.TickCount64 - lastSweep < SweepInterval.TotalMilliseconds) continue;
            lastSweep = Environment.TickCount64;
            _streams.Sweep();
        }
    }

    /// <summary>Receives the frames after the topic; libzmq hands out a message only when all its frames are there.</summary>
    private void ReceiveRest(ZmqMessage topic, ZmqMessage sequence)
    {
        var payload = _services.Messages.Rent();
        var frames = 1;
        var more = topic.More;
        while (more)
        {
            var frame = frames == 1 ? sequence : payload;
            if (_socket.Receive(frame) != ZmqResult.Done) break;
            frames++;
            more = frame.More;
        }

        if (frames == 3 && TryReadSequence(sequence.Data, out var number) && _streams.Find(topic.Data) is { } stream)
        {
            stream.Enqueue(number, payload);
            return;
        }

        _services.Messages.Return(payload);
        if (frames != 3) _streams.NoteMalformed(topic.Data, "frames", "it does not have the three frames topic, sequence, payload");
        else if (!TryReadSequence(sequence.Data, out _)) _streams.NoteMalformed(topic.Data, "sequence", "its sequence number does not have eight bytes");
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
