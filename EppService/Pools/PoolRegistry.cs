using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// The node's pools. <see cref="Apply"/> turns each new picture of the resources into running pools, one call at a
/// time; everybody else reads the published <see cref="Pools"/>.
/// </summary>
internal sealed class PoolRegistry(ModelStore models, IPoolIndexes indexes, Func<FeedTarget, PredictionLedger> newLedger, ILogger<PoolRegistry> log) : IFeedDirectory
{
    private readonly Lock _applying = new();
    private volatile PoolTable _table = new([], FrozenDictionary<string, (PoolRuntime, EndpointRuntime)[]>.Empty);

    public IReadOnlyList<PoolRuntime> Pools => _table.Pools;

    /// <summary>Pools are about to run: nothing is routed to them or fed to them yet. Those of them that replace others of the same name run beside them.</summary>
    public event Action<IReadOnlyCollection<PoolRuntime>>? Starting;

    /// <summary>Where events go, of all pools that track them.</summary>
    public IReadOnlyCollection<FeedTarget> Feeds => [.. Pools.SelectMany(pool => pool.Feeds)];

    public void Apply(ResourceSnapshot resources)
    {
        lock (_applying)
        {
            var known = _table.Pools.ToDictionary(pool => (pool.View.Spec.Namespace, pool.Name));
            var pools = new List<PoolRuntime>(resources.Pools.Count);
            var starting = new List<PoolRuntime>();
            foreach (var spec in resources.Pools)
            {
                known.TryGetValue((spec.Namespace, spec.Name), out var running);
                if (running is not null && running.CanBecome(spec))
                {
                    known.Remove((spec.Namespace, spec.Name));
                    running.Update(spec);
                    pools.Add(running);
                }
                else
                {
                    starting.Add(StartPool(spec, running));
                    pools.Add(starting[^1]);
                }
            }

            if (starting.Count > 0) Starting?.Invoke(starting);
            _table = new PoolTable([.. pools], ByIp(pools));
            foreach (var gone in known.Values) gone.Retire();
        }
    }

    /// <summary>The pools that a name means: <c>name</c>, or <c>namespace/name</c> where a name alone is ambiguous.</summary>
    public IEnumerable<PoolRuntime> Named(string name) =>
        Pools.Where(pool => pool.Name == name || $"{pool.View.Spec.Namespace}/{pool.Name}" == name);

    /// <inheritdoc/>
    public FeedTarget? Find(string ip, int? port, int rank, string model)
    {
        if (!_table.ByIp.TryGetValue(ip, out var there)) return null;
        (PoolRuntime Pool, EndpointRuntime Endpoint)? best = null;
        var bestFit = -1;
        foreach (var (pool, endpoint) in there)
        {
            if (endpoint.Ranks is null || (port is not null && endpoint.Spec.Port != port)) continue;
            // A pod that two pools select belongs to the one whose model the engine serves.
            var fit = (pool.IsBaseModel(model) ? 2 : 0) + (endpoint.Spec.Rank == rank / pool.View.Spec.Policy.DataParallel.Ranks ? 1 : 0);
            if (fit > bestFit) (best, bestFit) = ((pool, endpoint), fit);
        }

        if (best is not { } found) return null;
        found.Pool.Served.Hear(model);
        return found.Endpoint.Ranks!.FeedOf(rank);
    }

    private PoolRuntime StartPool(PoolSpec spec, PoolRuntime? predecessor)
    {
        var pool = PoolRuntime.Start(spec, models, indexes, newLedger, predecessor);
        if (pool.Tracking.Try(out var tracking, out var fault)) log.PoolTracks(spec.Name, tracking.Model.Name, tracking.BlockSize, tracking.Scheme.Function.Name, tracking.Scheme.Source);
        else log.PoolRoutesByLoad(spec.Name, fault);
        return pool;
    }

    private static FrozenDictionary<string, (PoolRuntime, EndpointRuntime)[]> ByIp(List<PoolRuntime> pools) =>
        pools.SelectMany(pool => pool.View.Endpoints, (pool, endpoint) => (Pool: pool, Endpoint: endpoint))
            .GroupBy(pair => pair.Endpoint.Spec.Ip, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    private sealed record PoolTable(PoolRuntime[] Pools, FrozenDictionary<string, (PoolRuntime Pool, EndpointRuntime Endpoint)[]> ByIp);
}
