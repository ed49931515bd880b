using Microsoft.Extensions.Hosting;

namespace OrleansKvRouter.EppService.Listeners;

/// <summary>A host that starts and stops with its owner, not with the process's signals.</summary>
internal sealed class OwnersLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
