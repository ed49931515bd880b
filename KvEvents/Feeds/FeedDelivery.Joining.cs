using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// How a delivery begins. An engine's cursor has one owner, whoever brings its batches: the stream that asks it, and the topic
/// under which it publishes, have one delivery between them. Where that goes on from a snapshot nothing is applied before the
/// engine has replayed the last batch that the snapshot has, and shown that it is the same process.
/// </summary>
internal sealed partial class FeedDelivery
{
    private const string CannotGoOn = "the router was restarted, and the engine could not be asked for what it said meanwhile";

    /// <summary>The stream that brings live batches; null while there is none. Under the target's lock.</summary>
    private StreamOrigin? _stream;

    /// <summary>What the engine is taken for while what is known of it is a snapshot's; null once it was heard, and for all others.</summary>
    private EngineTrust? _unheard;

    /// <summary>Another process followed the engine until a moment ago: a batch with the next number is the next batch.</summary>
    private bool _isHandedOver;

    /// <summary>What the engine is taken for while it was asked in vain, and was not heard; null otherwise.</summary>
    private EngineTrust? _silent;

    /// <summary>Whether the engine has answered, or was heard.</summary>
    private bool _met;

    /// <summary>
    /// The delivery of a target's stream: the one that is there, unless another live stream has it; else a new one, which goes
    /// on from a snapshot where there is one.
    /// </summary>
    public static FeedDelivery Join(FeedTarget target, int rank, StreamOrigin origin, FeedServices services, IReplaySink? sink)
    {
        FeedDelivery delivery;
        lock (target.Writing)
        {
            if (target.Resumption.Delivery is { } there && there.TryAttach(rank, origin)) return there;
            delivery = new FeedDelivery(target, rank, services, sink) { _stream = origin.IsLive ? origin : null };
            delivery.TakeOver();
        }

        lock (delivery._turn) delivery.PublishTrust();
        return delivery;
    }

    /// <summary>A live stream brings the batches of the delivery's own rank, one for good; who only asks leaves that to what is there.</summary>
    private bool TryAttach(int number, StreamOrigin origin)
    {
        if (!origin.IsLive) return true;
        if (number != Rank || (_stream is not null && _stream != origin)) return false;
        _stream = origin;
        return true;
    }

    private void TakeOver()
    {
        if (target.Retired) return;
        var unheard = target.Status.Trust;
        var before = target.Resumption.Delivery;
        var waiting = target.Resumption.Join(this);
        if (before is not null)
        {
            var blocks = target.Forget();
            if (before._stream is not null) Log.TakenOver(services.Logger, target.Endpoint, blocks);
        }

        if (waiting is { } state && state.Rank == Rank)
        {
            _applied = new SequenceTracker(state.Sequence, state.Timestamp);
            (_stale, _unheard, _isHandedOver) = (state.Stale, unheard, state.IsHandedOver);
            _applier.Resume(state);
        }
        else if (waiting is not null)
        {
            target.Forget();
        }
    }

    private void NoteHeard()
    {
        NoteMet();
        if (_unheard is null) return;
        _unheard = null;
        PublishTrust();
    }

    private void NoteMet()
    {
        _met = true;
        if (_silent is null) return;
        _silent = null;
        PublishTrust();
    }

    /// <summary>The engine did not say what it holds, and nothing else of it is known: that stays so until it is asked again, or heard.</summary>
    private void NoteSilent(Fault fault) => _silent = new EngineTrust(
        TrustState.Recovering,
        $"{_unheard?.Cause ?? "what it holds is not known"}; {fault.What}; it is asked again",
        _silent?.Since ?? _unheard?.Since ?? services.Time.GetUtcNow());
}
