using System.Diagnostics.Metrics;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Speculation;

/// <summary>What the pools' routed prefixes come to, read when somebody scrapes. Catalogue: docs/metrics.md.</summary>
internal sealed class SpeculationInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Speculation");

    public SpeculationInstruments(PoolRegistry registry)
    {
        _meter.CreateObservableCounter("kvrouter.speculation.decisions", () => Each(registry, routed => routed.Attracted), description: "Decisions for an endpoint that was expected to hold more of the prompt soon, because it was just sent it.");
        _meter.CreateObservableGauge("kvrouter.speculation.blocks", () => Each(registry, routed => routed.Blocks), description: "Distinct blocks kept of what was just routed, by pool.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Each(PoolRegistry registry, Func<RoutedPrefixes, long> value) =>
        from pool in registry.Pools
        where pool.IsPrecise
        select new Measurement<long>(value(pool.Tracking.Value!.Routed), new KeyValuePair<string, object?>("pool", pool.Name));
}
