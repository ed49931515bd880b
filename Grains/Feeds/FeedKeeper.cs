using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>
/// Sees to it that every engine that belongs to this silo has its owner here, without anybody hearing from it: its owner asks it what it
/// holds.
/// </summary>
internal sealed class FeedKeeper(FeedSharing sharing, IGrainFactory grains, Silos silos, TimeProvider time, ILogger<FeedKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _changed = new(0);

    /// <summary>Whether every engine that belongs here is owned here.</summary>
    public bool IsComplete => !Unowned().Any();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        void Wake() => _changed.Release();
        silos.Changed += Wake;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await Task.WhenAll(Unowned().Select(EnsureAsync));
                sharing.Tidy();
                await _changed.WaitAsync(Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
        finally
        {
            silos.Changed -= Wake;
        }
    }

    private IEnumerable<FeedTarget> Unowned() =>
        sharing.Engines.Where(target => target is { IsElsewhere: true, Retired: false, EngineName: { } engine } && silos.Active.HostOf(engine) is { } host && host.Equals(silos.Local));

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
