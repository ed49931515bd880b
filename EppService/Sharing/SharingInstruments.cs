using System.Diagnostics.Metrics;

namespace OrleansKvRouter.EppService.Sharing;

/// <summary>What replicas tell each other of their routing, read when somebody scrapes. Catalogue: docs/metrics.md.</summary>
internal sealed class SharingInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Sharing");

    public SharingInstruments(ReplicaSharing sharing)
    {
        _meter.CreateObservableCounter("kvrouter.sharing.heard", () => sharing.Heard, description: "Times that another replica told of its load and its routing.");
        _meter.CreateObservableCounter("kvrouter.sharing.dropped", () => sharing.RoutedDropped, description: "Routed prefixes that could not be told in time.");
    }

    public void Dispose() => _meter.Dispose();
}
