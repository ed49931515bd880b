using Microsoft.Extensions.Logging;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>
/// Sees to it that every engine that belongs to this silo has its owner here, without anybody hearing from it: its owner asks it what it
/// holds.
/// </summary>
internal sealed class FeedKeeper(FeedSharing sharing, IGrainFactory grains, Silos silos, TimeProvider time, ILogger<FeedKeeper> log) : Keeper(silos, Interval)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public override bool IsComplete => !Unowned().Any();

    protected override async Task ReviewAsync()
    {
        await Task.WhenAll(Unowned().Select(EnsureAsync));
        sharing.Tidy();
    }

    private IEnumerable<FeedTarget> Unowned() =>
        sharing.Engines.Where(target => target is { IsElsewhere: true, Retired: false, EngineName: { } engine } && Silos.Active.HostOf(engine) is { } host && host.Equals(Silos.Local));

    private async Task EnsureAsync(FeedTarget target)
    {
        try
        {
            await grains.GetGrain<IEngineFeedGrain>(target.EngineName!).EnsureAsync().WaitAsync(TimeSpan.FromSeconds(10), time);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Its old owner is not gone yet, or slices are on their way: it is tried again.
            log.FeedNotOwned(target.Endpoint, e.Message);
        }
    }
}
