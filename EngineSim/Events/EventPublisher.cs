using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>
/// The engine's PUB socket and replay ROUTER (spec 2.2, 2.3), on a thread of their own that also encodes. Batches are
/// numbered from 0. The engine hands batches over and waits only when <see cref="MaxQueuedBatches"/> are queued, as vLLM does.
/// </summary>
internal sealed class EventPublisher : IDisposable
{
    /// <summary>vLLM's default <c>max_queue_size</c> and <c>hwm</c>.</summary>
    private const int MaxQueuedBatches = 100_000;

    /// <summary>How long a replay request may lie unread on an idle engine.</summary>
    private const int ReplayPollMilliseconds = 20;

    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(500);

    private readonly BlockingCollection<Batch> _queue = new(MaxQueuedBatches);
    private readonly ZmqContext _context;
    private readonly ZmqSocket _live;
    private readonly ReplayBuffer? _replay;
    private readonly EventEncoder _encoder;
    private readonly byte[] _topic;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly int _rank;
    private ulong _sequence;
    private long _handedOver;

    private EventPublisher(ZmqContext context, ZmqSocket live, ReplayBuffer? replay, EventEncoder encoder, byte[] topic, EngineOptions engine, TimeProvider time)
    {
        (_context, _live, _replay, _encoder, _topic, _rank, _time) = (context, live, replay, encoder, topic, engine.Rank, time);
        _thread = new Thread(Run) { Name = $"events of {engine.Name}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Opens the sockets; the fault names the address that cannot be had.</summary>
    /// <param name="engine">The engine, with placeholders already filled in.</param>
    /// <param name="events">Its event options.</param>
    /// <param name="schema">The form of the events.</param>
    /// <param name="keys">What the engine hashes with.</param>
    /// <param name="time">Clock of the batches' timestamps.</param>
    /// <param name="logger">Where a bad replay request is reported.</param>
    public static Expected<EventPublisher> Start(
        EngineOptions engine, EventOptions events, EventSchema schema, IKeyFunction keys, TimeProvider time, ILogger logger)
    {
        if (!HashForms.Parse(events.Hashes, schema, engine.HashAlgorithm).Try(out var hashes, out var wrong)) return wrong;
        if (!ZmqContext.Create().Try(out var context, out var fault)) return fault;
        if (!OpenLive(context, EventAddress.Of(events.Endpoint, engine.Host, engine.Rank)).Try(out var live, out fault))
        {
            context.Dispose();
            return fault;
        }

        var topic = Encoding.UTF8.GetBytes(events.Topic);
        ReplayBuffer? replay = null;
        if (events.ReplayEndpoint is { } endpoint)
        {
            var address = EventAddress.Of(endpoint, engine.Host, engine.Rank).Address;
            if (!ReplayBuffer.Open(context, address, events.BufferSteps, schema.ReplayNamesTopic ? topic : null, engine.Name, logger).Try(out replay, out fault))
            {
                live.Dispose();
                context.Dispose();
                return fault;
            }
        }

        var digests = hashes == HashForm.Bytes ? new BlockDigests(keys, engine.BlockSize) : null;
        return new EventPublisher(context, live, replay, new EventEncoder(schema, engine.BlockSize, hashes, digests), topic, engine, time);
    }

    /// <summary>The number of the last batch handed over; −1 before the first.</summary>
    public long LastSequence => Volatile.Read(ref _handedOver) - 1;

    /// <summary>Publishes one step's events as one batch; a step without events publishes nothing.</summary>
    public void Publish(IReadOnlyList<CacheEvent> events)
    {
        if (events.Count == 0) return;
        if (events.Any(EventEncoder.IsAnnounced)) Interlocked.Increment(ref _handedOver);
        _queue.Add(new Batch(_time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, events));
    }

    /// <summary>Sends what is queued, then closes the sockets.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _live.Dispose();
        _replay?.Dispose();
        _context.Dispose();
        _queue.Dispose();
    }

    private static Expected<ZmqSocket> OpenLive(ZmqContext context, EventAddress address)
    {
        var socketOptions = new ZmqSocketOptions { SendHighWatermark = MaxQueuedBatches, Linger = Linger };
        if (!context.Open(ZmqSocketType.Pub, socketOptions).Try(out var socket, out var fault)) return fault;
        fault = address.IsBound ? socket.Bind(address.Address) : socket.Connect(address.Address);
        if (fault is null) return socket;
        socket.Dispose();
        return fault;
    }

    private void Run()
    {
        var wait = _replay is null ? Timeout.Infinite : ReplayPollMilliseconds;
        while (!_queue.IsCompleted)
        {
            if (_queue.TryTake(out var batch, wait)) Send(batch);
            _replay?.AnswerRequests();
        }
    }

    private void Send(Batch batch)
    {
        var payload = _encoder.Encode(batch.Time, batch.Events, _rank);
        if (!batch.Events.Any(EventEncoder.IsAnnounced)) return;
        Span<byte> sequence = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(sequence, _sequence);
        _live.Send(_topic, more: true);
        _live.Send(sequence, more: true);
        _live.Send(payload);
        _replay?.Add(_sequence, payload);
        _sequence++;
    }

    private readonly record struct Batch(double Time, IReadOnlyList<CacheEvent> Events);
}
