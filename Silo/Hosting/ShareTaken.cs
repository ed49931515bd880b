using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.Grains.Feeds;
using OrleansKvRouter.Grains.Slices;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>
/// A silo is ready when its share of the cluster's work is here: the slices that belong on it, and then the engines, so that a rolling update does not go on
/// while some are followed by nobody. For engines it does not wait long: one that cannot be taken over now is tried again, and is no reason to route nothing.
/// </summary>
internal sealed class ShareTaken(SliceKeeper slices, FeedKeeper feeds, TimeProvider time) : IStartCondition
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20), EnginesPatience = TimeSpan.FromSeconds(5);

    public string? Lacking =>
        !slices.IsComplete ? "slices of the index are being loaded"
        : !feeds.IsComplete ? "engines are being taken over"
        : null;

    public async Task MetAsync()
    {
        while (!slices.IsComplete) await Task.Delay(Pause, time);
        for (var began = time.GetTimestamp(); !feeds.IsComplete && time.GetElapsedTime(began) < EnginesPatience;) await Task.Delay(Pause, time);
    }
}
