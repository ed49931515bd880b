using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.Grains.Slices;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>A silo is ready when the slices that belong on it are there.</summary>
internal sealed class SlicesLoaded(SliceKeeper keeper, TimeProvider time) : IStartCondition
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public string? Lacking => keeper.IsComplete ? null : "slices of the index are being loaded";

    public async Task MetAsync()
    {
        while (!keeper.IsComplete) await Task.Delay(Pause, time);
    }
}
