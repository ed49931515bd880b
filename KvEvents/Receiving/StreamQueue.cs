using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>What waits in a stream: a batch, live, replayed or forwarded by another process, or without a payload the end of a replay.</summary>
internal readonly record struct Arrived(long Sequence, ZmqMessage? Payload, ReplayRequest? Replay = null, Fault? Fault = null, byte[]? Forwarded = null)
{
    public ReadOnlySpan<byte> Bytes => Payload is not null ? Payload.Data : Forwarded;

    public bool IsBatch => Payload is not null || Forwarded is not null;
}

/// <summary>A stream's messages, in the order in which they arrived, still in libzmq's memory. Any thread may use it.</summary>
internal sealed class StreamQueue(FeedServices services)
{
    private readonly Lock _lock = new();
    private readonly Queue<Arrived> _queue = new();
    private bool _closed;

    public bool IsEmpty
    {
        get { lock (_lock) return _queue.Count == 0; }
    }

    /// <summary>Null when the message was taken over, or the name of the bound that was met: <c>bytes</c>, <c>batches</c>, or <c>closed</c>.</summary>
    public string? TryEnqueue(in Arrived arrived)
    {
        if (!services.Queued.TryTake(LengthOf(arrived))) return "bytes";
        bool closed;
        lock (_lock)
        {
            closed = _closed;
            // The end of a replay is always let in: without it the engine would wait for ever.
            if (!closed && (!arrived.IsBatch || _queue.Count < services.Options.MaxQueuedBatches))
            {
                _queue.Enqueue(arrived);
                services.Instruments.Queued(1);
                return null;
            }
        }

        services.Queued.GiveBack(LengthOf(arrived));
        return closed ? "closed" : "batches";
    }

    /// <summary>Takes nothing over any more; what is in it can still be dequeued.</summary>
    public void Close()
    {
        lock (_lock) _closed = true;
    }

    public bool TryDequeue(out Arrived arrived)
    {
        lock (_lock)
        {
            if (!_queue.TryDequeue(out arrived)) return false;
        }

        services.Queued.GiveBack(LengthOf(arrived));
        services.Instruments.Queued(-1);
        return true;
    }

    private static int LengthOf(in Arrived arrived) => arrived.Payload?.Length ?? arrived.Forwarded?.Length ?? 0;
}
