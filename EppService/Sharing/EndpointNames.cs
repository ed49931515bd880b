using System.Collections.Frozen;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Sharing;

/// <summary>An endpoint where others' names for it are looked up.</summary>
internal sealed record NamedEndpoint(PoolView View, PrefixTracking? Tracking, EndpointRuntime Endpoint);

/// <summary>The pools' endpoints by the names that they have in every replica; made anew when pools have changed. One thread at a time.</summary>
internal sealed class EndpointNames(PoolRegistry registry)
{
    private PoolView[] _views = [];
    private FrozenDictionary<string, NamedEndpoint> _byName = FrozenDictionary<string, NamedEndpoint>.Empty;

    public FrozenDictionary<string, NamedEndpoint> Current
    {
        get
        {
            var pools = registry.Pools;
            PoolView[] views = [.. pools.Select(pool => pool.View)];
            if (views.AsSpan().SequenceEqual(_views, ReferenceEqualityComparer.Instance)) return _byName;
            _byName = pools.Zip(views)
                .SelectMany(pair => pair.Second.Endpoints, (pair, endpoint) => new NamedEndpoint(pair.Second, pair.First.Tracking.Value, endpoint))
                .ToFrozenDictionary(named => named.Endpoint.SharedName, StringComparer.Ordinal);
            _views = views;
            return _byName;
        }
    }
}
