using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// The messages of one topic: one engine, or several when data-parallel ranks share a pod, since the rank stands at the
/// end of the payload. The subscriber's thread enqueues; worker threads drain, one at a time for a stream so that
/// its order is kept, any number of streams in parallel.
/// </summary>
internal sealed class EngineStream(Topic topic, FeedServices services) : IThreadPoolWorkItem
{
    /// <summary>A drain makes way for other streams after this many messages.</summary>
    private const int MessagesPerDrain = 256;

    /// <summary>A pod does not have more ranks than this.</summary>
    private const int MaxRanks = 256;

    private readonly Lock _queueLock = new();
    private readonly Queue<Arrived> _queue = new();
    private EngineFeed?[] _feeds = new EngineFeed?[1];
    private LogGate _malformedGate;
    private LogGate _failureGate;
    private LogGate _dropGate;
    private long _lastArrival = services.Time.GetTimestamp();
    private int _scheduled;
    private volatile bool _stopping;
    private volatile bool _revisit;
    private volatile bool _keeping;
    private volatile bool _attached;

    /// <summary>True while batches are kept for a pod that is not known.</summary>
    public bool Keeping => _keeping;

    /// <summary>
    /// Takes a payload over, or drops it when too much waits already, so that one slow stream does not hold up the
    /// others. From the subscriber's thread only.
    /// </summary>
    public void Enqueue(long sequence, ZmqMessage payload)
    {
        _lastArrival = services.Time.GetTimestamp();
        if (TryEnqueue(sequence, payload) is { } bound)
        {
            services.Messages.Return(payload);
            services.Instruments.Dropped(bound);
            if (!_dropGate.TryPass(services.Time, out var heldBack)) return;
            Log.Dropped(services.Logger, topic, "they arrive faster than they are applied", heldBack);
            return;
        }

        services.Instruments.Queued(1);
        Schedule();
    }

    /// <summary>Has the feeds look again at what they keep and whom they feed.</summary>
    public void Revisit()
    {
        _revisit = true;
        Schedule();
    }

    /// <summary>True when nothing came for a while and nothing hangs on the stream. From the subscriber's thread only.</summary>
    public bool IsAbandoned(TimeSpan silence) =>
        !_attached && !_keeping && Volatile.Read(ref _scheduled) == 0 && services.Time.GetElapsedTime(_lastArrival) > silence;

    /// <summary>Waits for the drain that may be under way, and lets go of all that is held.</summary>
    public void Stop()
    {
        _stopping = true;
        SpinWait.SpinUntil(() => Interlocked.CompareExchange(ref _scheduled, 1, 0) == 0);
        while (TryDequeue(out var arrived)) services.Messages.Return(arrived.Payload);
        foreach (var feed in _feeds) feed?.Drop();
    }

    /// <summary>One drain.</summary>
    public void Execute()
    {
        var scratch = DecodingScratch.OfThisThread;
        if (_revisit && !_stopping) RevisitFeeds(scratch);
        for (var i = 0; i < MessagesPerDrain && !_stopping && TryDequeue(out var arrived); i++)
        {
            Process(arrived, scratch);
            services.Messages.Return(arrived.Payload);
        }

        NoteState();
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (!_stopping && (_revisit || !QueueIsEmpty)) Schedule();
    }

    private bool QueueIsEmpty
    {
        get { lock (_queueLock) return _queue.Count == 0; }
    }

    private void Schedule()
    {
        if (Interlocked.CompareExchange(ref _scheduled, 1, 0) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Process(in Arrived arrived, DecodingScratch scratch)
    {
        EngineFeed? feed = null;
        try
        {
            var payload = arrived.Payload.Data;
            if (!scratch.TryDecode(payload, out var error)) NoteMalformed(arrived.Sequence, error);
            else if ((feed = FeedOf(scratch.Batch.Rank)) is null) services.Instruments.Malformed("rank");
            else feed.Accept(arrived.Sequence, payload, scratch);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(feed, arrived.Sequence, e);
        }
    }

    private void RevisitFeeds(DecodingScratch scratch)
    {
        _revisit = false;
        foreach (var feed in _feeds)
        {
            try
            {
                feed?.Revisit(scratch);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Fail(feed, -1, e);
            }
        }
    }

    /// <summary>A bug that one engine's events brought to light must not take the other engines down with it.</summary>
    private void Fail(EngineFeed? feed, long sequence, Exception exception)
    {
        feed?.NoteFailure();
        services.Instruments.Failed();
        if (_failureGate.TryPass(services.Time, out _)) Log.ApplyFailed(services.Logger, exception, topic, sequence);
    }

    private void NoteMalformed(long sequence, DecodeError error)
    {
        services.Instruments.Malformed("payload");
        if (_malformedGate.TryPass(services.Time, out var heldBack)) Log.MalformedPayload(services.Logger, topic, sequence, error, heldBack);

        // The rank is lost with the payload; where ranks share the topic, the gap in its numbers will tell whose it was.
        if (_feeds.Length == 1) _feeds[0]?.NoteMalformed(sequence);
    }

    private EngineFeed? FeedOf(int rank)
    {
        if (rank >= MaxRanks) return null;
        if (rank >= _feeds.Length) Array.Resize(ref _feeds, rank + 1);
        return _feeds[rank] ??= new EngineFeed(topic, rank, services);
    }

    private void NoteState()
    {
        var (keeping, attached) = (false, false);
        foreach (var feed in _feeds)
        {
            if (feed is null) continue;
            keeping |= feed.Keeping;
            attached |= feed.Attached;
        }

        (_keeping, _attached) = (keeping, attached);
    }

    /// <summary>Null, or the name of the bound that was met.</summary>
    private string? TryEnqueue(long sequence, ZmqMessage payload)
    {
        if (!services.Queued.TryTake(payload.Length)) return "bytes";
        lock (_queueLock)
        {
            if (_queue.Count < services.Options.MaxQueuedBatches)
            {
                _queue.Enqueue(new Arrived(sequence, payload));
                return null;
            }
        }

        services.Queued.GiveBack(payload.Length);
        return "batches";
    }

    private bool TryDequeue(out Arrived arrived)
    {
        lock (_queueLock)
        {
            if (!_queue.TryDequeue(out arrived)) return false;
        }

        services.Queued.GiveBack(arrived.Payload.Length);
        services.Instruments.Queued(-1);
        return true;
    }

    private readonly record struct Arrived(long Sequence, ZmqMessage Payload);
}
