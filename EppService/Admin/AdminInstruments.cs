using System.Diagnostics.Metrics;
using OrleansKvRouter.EppService.Admin.Prometheus;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>What the admin listener says of the node and of its own export.</summary>
internal sealed class AdminInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Admin");

    public AdminInstruments(INodeView node, PrometheusExporter metrics)
    {
        _meter.CreateObservableGauge(
            "kvrouter.build.info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", NodeApi.Version)), description: "Always 1; the version is its label.");
        _meter.CreateObservableGauge("kvrouter.ready", () => node.NotReady.Count == 0 ? 1 : 0, description: "1 when requests can be routed, else 0.");
        _meter.CreateObservableGauge(
            "kvrouter.resource.errors", () => node.ResourceErrors.Count, "{error}", "Resource documents that are not accepted now.");
        _meter.CreateObservableCounter(
            "kvrouter.metrics.overflows",
            () => metrics.Overflows().Select(o => new Measurement<long>(o.Measurements, new KeyValuePair<string, object?>("metric", o.Metric))),
            "{measurement}",
            "Measurements summed up under overflow=\"true\" because their metric has too many series.");
    }

    public void Dispose() => _meter.Dispose();
}
