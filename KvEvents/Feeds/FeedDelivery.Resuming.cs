using OrleansKvRouter.KvEvents.Replay;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Going on from a snapshot: nothing is applied before the engine has replayed the last batch that the snapshot has, and shown
/// that it is the same process.
/// </summary>
internal sealed partial class FeedDelivery
{
    private const string CannotGoOn = "the router was restarted, and the engine could not be asked for what it said meanwhile";

    /// <summary>What the engine is taken for while what is known of it is a snapshot's; null once it was heard, and for all others.</summary>
    private EngineTrust? _unheard;

    /// <summary>The delivery of a target's rank, which goes on from a snapshot where there is one.</summary>
    public static FeedDelivery Join(FeedTarget target, int rank, FeedServices services, IReplaySink? sink)
    {
        var delivery = new FeedDelivery(target, rank, services, sink);
        delivery.Resume();
        return delivery;
    }

    private void Resume()
    {
        var unheard = target.Status.Trust;
        lock (target.Writing)
        {
            if (target.Retired) return;
            if (target.Resumption.Join(_applier, rank, out var waiting))
            {
                Log.TakenOver(services.Logger, target.Endpoint, target.Forget());
            }

            if (waiting is { } state && state.Rank == rank)
            {
                _applied = new SequenceTracker(state.Sequence, state.Timestamp);
                (_stale, _unheard) = (state.Stale, unheard);
                _applier.Resume(state);
            }
            else if (waiting is not null)
            {
                target.Forget();
            }
        }

        PublishTrust();
    }

    private void NoteHeard()
    {
        if (_unheard is null) return;
        _unheard = null;
        PublishTrust();
    }
}
