using System.Text;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>
/// Topic → stream, found without allocating. Bounded: streams that fell silent and feed nobody make room, and beyond
/// the bound new topics are refused. For the subscriber's thread only.
/// </summary>
internal sealed class StreamTable(FeedServices services)
{
    /// <summary>Streams that keep batches are revisited each time, the others each 4th: about once a second.</summary>
    public const int SweepsBetweenFullOnes = 4;

    private static readonly TimeSpan SilenceOfTheAbandoned = TimeSpan.FromMinutes(10);

    private readonly Dictionary<byte[], EngineStream> _streams = new(TopicBytes.Comparer);

    // Senders of topics that cannot be parsed are told apart by the topic; a fixed number of gates is enough.
    private readonly LogGate[] _refusedGates = new LogGate[64];
    private int _sweeps;

    /// <summary>The topic's stream, new if need be; null, counted and logged, when there can be none.</summary>
    public EngineStream? Find(ReadOnlySpan<byte> topic)
    {
        var lookup = _streams.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(topic, out var stream)) return stream;
        if (Topic.Parse(topic) is not { } parsed)
        {
            NoteMalformed(topic, "topic", "the topic is not kv@<pod ip>[:port]@<model>");
            return null;
        }

        if (_streams.Count >= services.Options.MaxStreams)
        {
            services.Instruments.Dropped("streams");
            if (!GateOf(topic).TryPass(services.Time, out var heldBack)) return null;
            Log.Dropped(services.Logger, new TopicOrigin(parsed), "too many topics are followed already", heldBack);
            return null;
        }

        stream = new EngineStream(new TopicOrigin(parsed), services);
        lookup[topic] = stream;
        services.Instruments.Streams(_streams.Count);
        return stream;
    }

    /// <summary>Counts a message that is no KV-event message, and logs it once a minute for a topic.</summary>
    public void NoteMalformed(ReadOnlySpan<byte> topic, string part, string reason)
    {
        services.Instruments.Malformed(part);
        if (GateOf(topic).TryPass(services.Time, out var heldBack)) Log.MalformedMessage(services.Logger, Printable(topic), reason, heldBack);
    }

    /// <summary>Has streams look again at what they keep, and from time to time forgets those that are abandoned.</summary>
    public void Sweep()
    {
        var full = ++_sweeps % SweepsBetweenFullOnes == 0;
        foreach (var (topic, stream) in _streams)
        {
            if (full && stream.IsAbandoned(SilenceOfTheAbandoned)) _streams.Remove(topic);
            else if (full || stream.Keeping) stream.Revisit();
        }

        services.Instruments.Streams(_streams.Count);
    }

    /// <summary>Stops all streams.</summary>
    public void Stop()
    {
        foreach (var stream in _streams.Values) stream.Stop();
        _streams.Clear();
        services.Instruments.Streams(0);
    }

    private ref LogGate GateOf(ReadOnlySpan<byte> topic) =>
        ref _refusedGates[(uint)TopicBytes.Comparer.GetHashCode(topic) % (uint)_refusedGates.Length];

    /// <summary>What a stranger sent, fit for a log line.</summary>
    private static string Printable(ReadOnlySpan<byte> topic)
    {
        var text = Encoding.UTF8.GetString(topic[..Math.Min(topic.Length, 100)]);
        return string.Create(text.Length, text, (target, source) =>
        {
            for (var i = 0; i < source.Length; i++) target[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
    }
}
