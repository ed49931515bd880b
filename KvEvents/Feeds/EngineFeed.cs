using System.Diagnostics.CodeAnalysis;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// One engine as a stream knows it: a topic, a connection or a replay socket, and a data-parallel rank. Finds the endpoint that the events describe, keeps them
/// while there is none, and asks again when the endpoint is retired. For one thread at a time.
/// </summary>
internal sealed class EngineFeed(StreamOrigin origin, int rank, FeedServices services, IReplaySink sink)
{
    private static readonly TimeSpan LookupInterval = TimeSpan.FromMilliseconds(100);

    private readonly KeptBatches _kept = new(services.Options.MaxKeptBatches, services.Kept, services.Time, services.Instruments.UnknownPod);
    private FeedDelivery? _delivery;
    private FeedTarget? _elsewhere;
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

        if (TryForward(sequence, payload)) return;

        // A connection serves one endpoint and ends with it.
        if (origin.Rank is not null) return;
        _kept.Keep(sequence, payload);
        if (Resolve(sequence))
        {
            ApplyKept(scratch);
        }
        else if (!_unknownLogged)
        {
            _unknownLogged = true;
            Log.UnknownPod(services.Logger, origin, rank, services.Options.UnknownPodGrace);
        }
    }

    /// <summary>Takes in an answer to a replay.</summary>
    public void Replayed(ReplayRequest request, long sequence, ReadOnlySpan<byte> payload, DecodingScratch scratch) =>
        _delivery?.Replayed(request, sequence, payload, scratch);

    /// <summary>Takes in the end of a replay.</summary>
    public void ReplayEnded(ReplayRequest request, Fault? fault, DecodingScratch scratch) =>
        _delivery?.ReplayEnded(request, fault, scratch);

    /// <summary>Notes a payload that could not be decoded.</summary>
    public void NoteMalformed(long sequence) => _delivery?.NoteMalformed(sequence);

    /// <summary>Notes a batch that could not be applied for a reason inside the router.</summary>
    public void NoteFailure() => _delivery?.NoteFailure();

    /// <summary>Applies what was kept when the pod has become known since; drops what was kept too long; asks an engine that fell silent.</summary>
    public void Revisit(DecodingScratch scratch)
    {
        if (_delivery is { Retired: true }) Detach();
        if (_kept.TryPeek(out var first, out _) && Resolve(first)) ApplyKept(scratch);
        while (_kept.TryPeek(out var next, out var payload) && TryForward(next, payload)) _kept.Taken();
        _kept.DropOlderThan(services.Options.UnknownPodGrace);
        if (origin.Rank is not null) Resolve(-1);
        _delivery?.CheckQuiet(scratch);
    }

    public void Drop()
    {
        _kept.DropAll();
        Detach();
    }

    private void ApplyKept(DecodingScratch scratch)
    {
        while (_kept.TryPeek(out var sequence, out var payload))
        {
            // It was decoded once already, to learn its rank.
            scratch.DecodeAgain(payload);
            if (_delivery?.TryAccept(sequence, payload, scratch) != true) return;
            _kept.Taken();
        }
    }

    /// <summary>Hands a batch to the process that applies the engine's events; false where it is not another's.</summary>
    private bool TryForward(long sequence, ReadOnlySpan<byte> payload)
    {
        if (_elsewhere is not { } target || services.Sharing is not { } sharing) return false;
        sharing.Forward(target, origin.ToString()!, sequence, payload);
        return true;
    }

    private void Detach()
    {
        _delivery?.Abandon();
        _delivery = null;
    }

    [MemberNotNullWhen(true, nameof(_delivery))]
    private bool Resolve(long sequence)
    {
        if (_delivery is { Retired: false }) return true;
        var retired = _delivery is not null;
        Detach();
        if (!retired && _askedBefore && services.Time.GetElapsedTime(_lookedUp) < LookupInterval) return false;
        (_askedBefore, _lookedUp) = (true, services.Time.GetTimestamp());
        _elsewhere = null;
        if (origin.Find(rank, services.Directory) is not { Retired: false } target) return false;
        if (target.IsElsewhere)
        {
            _elsewhere = target;
            return false;
        }

        _delivery = FeedDelivery.Join(target, rank, origin, services, sink);
        _unknownLogged = false;
        if (origin.IsLive) Log.Joined(services.Logger, target.Endpoint, target.Pool, origin, rank, sequence);
        return true;
    }
}
