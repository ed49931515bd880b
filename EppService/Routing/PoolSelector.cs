using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>
/// Which pool a request belongs to: the one that <c>--pool</c> names, else the only one, else the one that serves the
/// model it asks for.
/// </summary>
internal sealed class PoolSelector(PoolRegistry registry, string? fixedPool)
{
    /// <summary>Whether requests can have a pool at all: when not, no request is at fault.</summary>
    public bool HasPools => fixedPool is null ? registry.Pools.Count > 0 : registry.Named(fixedPool).Count() == 1;

    /// <param name="model">The request's model; null when it names none or need not be read.</param>
    public Expected<PoolRuntime> Select(string? model)
    {
        if (fixedPool is not null) return ByName(fixedPool);
        var pools = registry.Pools;
        if (pools.Count == 1) return pools[0];
        if (pools.Count == 0) return new Fault("the router has no pool", "apply an InferencePool document");
        if (model is null) return new Fault($"the request names no model and there are several pools ({Choices(pools)})", "set \"model\"");
        PoolRuntime? found = null;
        foreach (var pool in pools)
        {
            if (!pool.Serves(model)) continue;
            if (found is not null) return new Fault($"model {Shown.Of(model)} is served by pools {found.Name} and {pool.Name}", "run a router with --pool for each");
            found = pool;
        }

        return found is not null ? found : new Fault($"no pool serves model {Shown.Of(model)}", $"choose one of {Choices(pools)}");
    }

    /// <summary>The pool of that name (<c>name</c> or <c>namespace/name</c>).</summary>
    public Expected<PoolRuntime> ByName(string name)
    {
        var named = registry.Named(name).Take(2).ToArray();
        return named.Length switch
        {
            1 => named[0],
            0 => new Fault($"there is no pool {name}", $"the pools are: {Choices(registry.Pools)}"),
            _ => new Fault($"more than one namespace has a pool {name}", "give namespace/name"),
        };
    }

    private static string Choices(IReadOnlyList<PoolRuntime> pools) => pools.Count == 0
        ? "none"
        : string.Join(", ", pools.Select(pool => $"{pool.Name} (model {string.Join(" or ", pool.ModelNames)})"));
}
