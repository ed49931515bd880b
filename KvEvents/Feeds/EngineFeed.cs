using System.Diagnostics.CodeAnalysis;
using OrleansKvRouter.KvEvents.Decoding;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// One engine: a topic and a data-parallel rank. Finds the endpoint that the events describe, keeps them while there is
/// none, and asks again when the endpoint is retired. For one thread at a time.
/// </summary>
internal sealed class EngineFeed(Topic topic, int rank, FeedServices services)
{
    private static readonly TimeSpan LookupInterval = TimeSpan.FromMilliseconds(100);

    private readonly KeptBatches _kept = new(services);
    private FeedDelivery? _delivery;
    private long _lookedUp;
    private bool _askedBefore;
    private bool _unknownLogged;

    /// <summary>True while batches wait for the pod to become known.</summary>
    public bool Keeping => _kept.Count > 0;

    /// <summary>True while an endpoint is fed.</summary>
    public bool Attached => _delivery is not null;

    /// <summary>Applies the batch in <paramref name="scratch"/>, or keeps its payload until the pod is known.</summary>
    public void Accept(long sequence, ReadOnlySpan<byte> payload, DecodingScratch scratch)
    {
        // A retired target may be followed by another at once: the second attempt is for that.
        for (var attempt = 0; attempt < 2 && _kept.Count == 0 && Resolve(sequence); attempt++)
        {
            if (_delivery.TryAccept(sequence, payload, scratch)) return;
        }

        _kept.Keep(sequence, payload);
        if (Resolve(sequence))
        {
            ApplyKept(scratch);
        }
        else if (!_unknownLogged)
        {
            _unknownLogged = true;
            Log.UnknownPod(services.Logger, topic, rank, services.Options.UnknownPodGrace);
        }
    }

    /// <summary>Notes a payload that could not be decoded.</summary>
    public void NoteMalformed(long sequence) => _delivery?.NoteMalformed(sequence);

    /// <summary>Notes a batch that could not be applied for a reason inside the router.</summary>
    public void NoteFailure() => _delivery?.NoteFailure();

    /// <summary>Applies what was kept when the pod has become known since; drops what was kept too long.</summary>
    public void Revisit(DecodingScratch scratch)
    {
        if (_delivery is { Retired: true }) _delivery = null;
        if (_kept.TryPeek(out var first, out _) && Resolve(first)) ApplyKept(scratch);
        _kept.DropExpired();
    }

    public void Drop() => _kept.DropAll();

    private void ApplyKept(DecodingScratch scratch)
    {
        while (_kept.TryPeek(out var sequence, out var payload))
        {
            // It was decoded once already, to learn its rank.
            if (!scratch.TryDecode(payload, out var error)) throw new InvalidOperationException($"a kept payload became malformed: {error}");
            if (_delivery?.TryAccept(sequence, payload, scratch) != true) return;
            _kept.Taken();
        }
    }

    [MemberNotNullWhen(true, nameof(_delivery))]
    private bool Resolve(long sequence)
    {
        if (_delivery is { Retired: false }) return true;
        var retired = _delivery is not null;
        _delivery = null;
        if (!retired && _askedBefore && services.Time.GetElapsedTime(_lookedUp) < LookupInterval) return false;
        (_askedBefore, _lookedUp) = (true, services.Time.GetTimestamp());
        if (services.Directory.Find(topic.Ip, topic.Port, rank, topic.Model) is not { Retired: false } target) return false;
        _delivery = new FeedDelivery(target, services);
        _unknownLogged = false;
        Log.Joined(services.Logger, target.Endpoint, target.Pool, topic, rank, sequence);
        return true;
    }
}
