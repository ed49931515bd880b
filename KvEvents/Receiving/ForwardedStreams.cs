using System.Collections.Concurrent;
using System.Text;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>
/// Batches that other processes received of engines whose events this one applies: a stream for each topic, beside that of
/// the socket where the same topic may be heard too. Any thread.
/// </summary>
internal sealed class ForwardedStreams(FeedServices services)
{
    private static readonly TimeSpan SilenceOfTheAbandoned = TimeSpan.FromMinutes(10);

    // What is forwarded is not forwarded again, or a batch whose owner changes would go round and round.
    private readonly FeedServices _services = services with { Sharing = null };
    private readonly ConcurrentDictionary<string, EngineStream> _streams = new(StringComparer.Ordinal);

    /// <summary>Takes a batch over; false when too much waits, or the topic is none.</summary>
    public bool TryDeliver(string topic, long sequence, byte[] payload)
    {
        if (!_streams.TryGetValue(topic, out var stream))
        {
            if (Topic.Parse(Encoding.UTF8.GetBytes(topic)) is not { } parsed) return false;
            stream = _streams.GetOrAdd(topic, _ => new EngineStream(new TopicOrigin(parsed), _services));
        }

        return stream.TryEnqueue(sequence, payload);
    }

    /// <summary>Has streams look again at what they keep, and forgets those that are abandoned.</summary>
    public void Sweep()
    {
        foreach (var (topic, stream) in _streams)
        {
            if (stream.IsAbandoned(SilenceOfTheAbandoned)) _streams.TryRemove(topic, out _);
            else stream.Revisit();
        }
    }

    /// <summary>Stops all streams.</summary>
    public void Stop()
    {
        foreach (var stream in _streams.Values) stream.Stop();
    }
}
