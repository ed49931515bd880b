using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>
/// The messages of one topic or connection: one engine, or several when data-parallel ranks share a pod and its topic, since
/// the rank stands at the end of the payload. The subscriber's thread enqueues what engines publish, replay threads what they
/// repeat; worker threads drain, one at a time for a stream so that its order is kept, any number of streams in parallel.
/// </summary>
internal sealed class EngineStream(StreamOrigin origin, FeedServices services) : IThreadPoolWorkItem, IReplaySink
{
    /// <summary>A drain makes way for other streams after this many messages.</summary>
    private const int MessagesPerDrain = 256;

    /// <summary>A pod does not have more ranks than this.</summary>
    private const int MaxRanks = 256;

    private readonly StreamQueue _queue = new(services);
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
        if (_queue.TryEnqueue(new Arrived(sequence, payload)) is { } bound)
        {
            services.Messages.Return(payload);
            services.Instruments.Dropped(bound);
            if (!_dropGate.TryPass(services.Time, out var heldBack)) return;
            Log.Dropped(services.Logger, origin, "they arrive faster than they are applied", heldBack);
            return;
        }

        Schedule();
    }

    /// <summary>Takes over a payload that another process received; false when too much waits already. From one thread at a time.</summary>
    public bool TryEnqueue(long sequence, byte[] payload)
    {
        _lastArrival = services.Time.GetTimestamp();
        if (_queue.TryEnqueue(new Arrived(sequence, null, Forwarded: payload)) is not null) return false;
        Schedule();
        return true;
    }

    /// <inheritdoc/>
    public bool Replayed(ReplayRequest request, long sequence, ZmqMessage payload)
    {
        while (!_stopping && !request.Abandoned)
        {
            if (_queue.TryEnqueue(new Arrived(sequence, payload, request)) is null)
            {
                Schedule();
                return true;
            }

            Thread.Sleep(1);
        }

        return false;
    }

    /// <inheritdoc/>
    public void ReplayEnded(ReplayRequest request, Fault? fault)
    {
        while (_queue.TryEnqueue(new Arrived(-1, null, request, fault)) is not null && !_stopping) Thread.Sleep(1);
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
        _queue.Close();
        SpinWait.SpinUntil(() => Interlocked.CompareExchange(ref _scheduled, 1, 0) == 0);
        while (_queue.TryDequeue(out var arrived)) Return(arrived);
        foreach (var feed in _feeds) feed?.Drop();
    }

    /// <summary>One drain.</summary>
    public void Execute()
    {
        var scratch = DecodingScratch.OfThisThread;
        if (_revisit && !_stopping) RevisitFeeds(scratch);
        for (var i = 0; i < MessagesPerDrain && !_stopping && _queue.TryDequeue(out var arrived); i++)
        {
            Process(arrived, scratch);
            Return(arrived);
        }

        NoteState();
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (!_stopping && (_revisit || !_queue.IsEmpty)) Schedule();
    }

    private void Schedule()
    {
        if (Interlocked.CompareExchange(ref _scheduled, 1, 0) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Return(in Arrived arrived)
    {
        if (arrived.Payload is { } payload) services.Messages.Return(payload);
    }

    private void Process(in Arrived arrived, DecodingScratch scratch)
    {
        EngineFeed? feed = null;
        try
        {
            var payload = arrived.Bytes;
            if (arrived.Replay is { } replay)
            {
                feed = FeedOf(replay.Rank);
                if (arrived.Payload is null) feed?.ReplayEnded(replay, arrived.Fault, scratch);
                else feed?.Replayed(replay, arrived.Sequence, payload, scratch);
            }
            else if (!scratch.TryDecode(payload, out var error))
            {
                NoteMalformed(arrived.Sequence, error);
            }
            else if ((feed = FeedOf(origin.Rank ?? scratch.Batch.Rank)) is null)
            {
                services.Instruments.Malformed("rank");
            }
            else
            {
                feed.Accept(arrived.Sequence, payload, scratch);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(feed, arrived.Sequence, e);
        }
    }

    private void RevisitFeeds(DecodingScratch scratch)
    {
        _revisit = false;
        if (origin.Rank is { } rank) FeedOf(rank);
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
        if (_failureGate.TryPass(services.Time, out _)) Log.ApplyFailed(services.Logger, exception, origin, sequence);
    }

    private void NoteMalformed(long sequence, DecodeError error)
    {
        services.Instruments.Malformed("payload");
        if (_malformedGate.TryPass(services.Time, out var heldBack)) Log.MalformedPayload(services.Logger, origin, sequence, error, heldBack);

        // The rank is lost with the payload; where ranks share the topic, the gap in its numbers will tell whose it was.
        if (origin.Rank is not null || _feeds.Length == 1) _feeds[^1]?.NoteMalformed(sequence);
    }

    private EngineFeed? FeedOf(int rank)
    {
        if (rank >= MaxRanks) return null;
        if (rank >= _feeds.Length) Array.Resize(ref _feeds, rank + 1);
        return _feeds[rank] ??= new EngineFeed(origin, rank, services, this);
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
}
