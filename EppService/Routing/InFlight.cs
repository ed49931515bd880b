using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>A request on its way: counts its uncached prompt tokens against the endpoint until disposed, and only once.</summary>
internal sealed class InFlight : IDisposable
{
    private readonly long _tokens;
    private EndpointLoad? _load;

    public InFlight(EndpointLoad load, long tokens)
    {
        (_load, _tokens) = (load, tokens);
        load.Enter(tokens);
    }

    public void Dispose() => Interlocked.Exchange(ref _load, null)?.Leave(_tokens);
}
