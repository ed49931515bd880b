using System.Diagnostics.Metrics;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>What the pools' indexes hold, read when somebody scrapes. Catalogue: docs/metrics.md.</summary>
internal sealed class IndexInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Pools");

    public IndexInstruments(PoolRegistry registry)
    {
        _meter.CreateObservableGauge("kvrouter.index.blocks", () => Each(registry, s => s.Blocks), description: "Distinct blocks in the index, by pool.");
        _meter.CreateObservableGauge("kvrouter.index.memberships", () => Each(registry, s => s.Memberships), description: "(endpoint, block) pairs in the index, by pool.");
        _meter.CreateObservableGauge("kvrouter.index.size", () => Each(registry, s => s.Bytes), "By", "Memory that the index occupies, approximately, by pool.");
        _meter.CreateObservableCounter("kvrouter.index.dropped", () => Each(registry, s => s.Dropped), description: "(endpoint, block) pairs dropped to keep the index within its bound, by pool.");
        _meter.CreateObservableCounter("kvrouter.endpoint.blocks.dropped", () => PerEndpoint(registry, endpoint => endpoint.BlocksDropped), description: "Of these, by endpoint.");
        _meter.CreateObservableGauge("kvrouter.endpoint.blocks", () => PerEndpoint(registry, endpoint => endpoint.BlocksHeld), description: "Distinct blocks that an endpoint is known to hold.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Each(PoolRegistry registry, Func<Contracts.Index.IndexStatistics, long> value) =>
        from pool in registry.Pools
        where pool.IsPrecise
        select new Measurement<long>(value(Tracked(pool).Index.Statistics), new KeyValuePair<string, object?>("pool", pool.Name));

    private static IEnumerable<Measurement<long>> PerEndpoint(PoolRegistry registry, Func<EndpointRuntime, long> value) =>
        from pool in registry.Pools
        from endpoint in pool.View.Endpoints
        where endpoint.Ranks is not null
        select new Measurement<long>(
            value(endpoint),
            new KeyValuePair<string, object?>("pool", pool.Name),
            new KeyValuePair<string, object?>("endpoint", endpoint.Label));

    private static PrefixTracking Tracked(PoolRuntime pool) => pool.Tracking.Value!;
}
