using Microsoft.Extensions.Hosting;

namespace OrleansKvRouter.Grains.Membership;

/// <summary>
/// Sees to it that what belongs on this silo is here without anybody asking for it: looks at once when silos come or go, and now and then, because what
/// was tried may have failed.
/// </summary>
internal abstract class Keeper(Silos silos, TimeSpan interval) : BackgroundService
{
    private readonly SemaphoreSlim _woken = new(0);

    protected Silos Silos => silos;

    /// <summary>Whether everything that belongs here is here.</summary>
    public abstract bool IsComplete { get; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        silos.Changed += Wake;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await ReviewAsync();
                await _woken.WaitAsync(interval, stoppingToken);
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

    /// <summary>Looks again soon.</summary>
    protected void Wake() => _woken.Release();

    /// <summary>Has whatever is missing come here. Does not fail: what could not come is tried again.</summary>
    protected abstract Task ReviewAsync();
}
