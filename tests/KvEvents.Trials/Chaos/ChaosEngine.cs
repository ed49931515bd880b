using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Chaos;

/// <summary>An engine behind two wires, one for its events and one for its replays.</summary>
/// <param name="IsLossy">It loses batches for good, so that not all that it holds can be known.</param>
internal sealed record ChaosEngine(FeedTarget Target, Wire Events, Wire Replays, bool IsLossy) : IDisposable
{
    public int Cuts => Events.Cuts + Replays.Cuts;

    public long Dropped => Events.Dropped + Replays.Dropped;

    /// <summary>From now on messages are lost and late.</summary>
    public void BeginTrouble()
    {
        Events.LossPerMille = 10;
        Replays.LossPerMille = 2;
        (Events.Delay, Replays.Delay) = (30, 10);
    }

    public void Cut(Random random)
    {
        if (random.Next(3) == 0) Replays.Cut();
        else Events.Cut();
    }

    public void EndTrouble()
    {
        foreach (var wire in new[] { Events, Replays }) (wire.LossPerMille, wire.Delay) = (0, 0);
    }

    public void Dispose()
    {
        Events.Dispose();
        Replays.Dispose();
    }
}
