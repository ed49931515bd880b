using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>Why a pool cannot take a request.</summary>
internal static class Faults
{
    public static Fault Overloaded(PoolRuntime pool) =>
        new($"every ready endpoint of pool {pool.Name} has {pool.View.Spec.Policy.Admission.MaxQueueDepth} or more requests waiting", "try again later");

    public static Fault NoEndpoint(PoolRuntime pool, IReadOnlyList<string>? subset)
    {
        var endpoints = pool.View.Endpoints;
        var ready = endpoints.Count(endpoint => endpoint.Spec.Ready);
        return subset is not null && ready > 0
            ? new Fault($"none of the {ready} ready endpoints of pool {pool.Name} is in the request's subset of {subset.Count}")
            : new Fault($"pool {pool.Name} has no ready endpoint ({endpoints.Count} known)");
    }
}
