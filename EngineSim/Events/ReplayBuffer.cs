using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>
/// The last batches, and the ROUTER socket that gives them out again: a request names a sequence number, the answer is
/// every kept batch from there on, one message each, and an end mark. As vLLM it wants exactly three frames (identity,
/// an empty one, 8 bytes) and never answers anything else. Belongs to the publisher's thread.
/// </summary>
internal sealed class ReplayBuffer : IDisposable
{
    private static readonly byte[] End = [255, 255, 255, 255, 255, 255, 255, 255];

    private readonly Queue<(ulong Sequence, byte[] Payload)> _batches = new();
    private readonly ZmqMessage _frame = new();
    private readonly ZmqSocket _socket;
    private readonly int _capacity;
    private readonly byte[]? _topic;
    private readonly string _engine;
    private readonly ILogger _logger;

    private ReplayBuffer(ZmqSocket socket, int capacity, byte[]? topic, string engine, ILogger logger) =>
        (_socket, _capacity, _topic, _engine, _logger) = (socket, capacity, topic, engine, logger);

    /// <param name="context">Owns the socket.</param>
    /// <param name="endpoint">Bound always.</param>
    /// <param name="capacity">Batches to keep.</param>
    /// <param name="topic">The frame before the sequence number; null where replies have none (before v0.26).</param>
    /// <param name="engine">The engine's name, for logs.</param>
    /// <param name="logger">Where a bad request is reported.</param>
    public static Expected<ReplayBuffer> Open(ZmqContext context, string endpoint, int capacity, byte[]? topic, string engine, ILogger logger)
    {
        // No high watermark: a ROUTER drops silently what exceeds it, and a replay is worth nothing with a hole.
        if (!context.Open(ZmqSocketType.Router, new ZmqSocketOptions { SendHighWatermark = 0 }).Try(out var socket, out var fault)) return fault;
        if (socket.Bind(endpoint) is not { } refused) return new ReplayBuffer(socket, capacity, topic, engine, logger);
        socket.Dispose();
        return refused;
    }

    public void Add(ulong sequence, byte[] payload)
    {
        if (_batches.Count == _capacity) _batches.Dequeue();
        _batches.Enqueue((sequence, payload));
    }

    public void AnswerRequests()
    {
        while (_socket.Receive(_frame, wait: false) == ZmqResult.Done) AnswerOne();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _frame.Dispose();
    }

    private void AnswerOne()
    {
        var client = _frame.Data.ToArray();
        var frames = 1;
        while (_frame.More && _socket.Receive(_frame) == ZmqResult.Done) frames++;
        if (frames != 3 || _frame.Length != sizeof(ulong))
        {
            _logger.InvalidReplayRequest(_engine, frames, _frame.Length);
            return;
        }

        var from = BinaryPrimitives.ReadUInt64BigEndian(_frame.Data);
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        foreach (var (sequence, payload) in _batches)
        {
            if (sequence < from) continue;
            BinaryPrimitives.WriteUInt64BigEndian(number, sequence);
            Reply(client, _topic, number, payload);
        }

        Reply(client, _topic is null ? null : [], End, []);
    }

    private void Reply(byte[] client, byte[]? topic, ReadOnlySpan<byte> sequence, byte[] payload)
    {
        _socket.Send(client, more: true);
        _socket.Send([], more: true);
        if (topic is not null) _socket.Send(topic, more: true);
        _socket.Send(sequence, more: true);
        _socket.Send(payload);
    }
}
