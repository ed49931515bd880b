using System.Diagnostics.Metrics;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>The gateway's instruments.</summary>
internal sealed class GatewayInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Gateway");

    public GatewayInstruments()
    {
        Requests = _meter.CreateCounter<long>("kvrouter.gateway.requests", "{request}", "Requests that the gateway answered, by status.");
        Active = _meter.CreateUpDownCounter<long>("kvrouter.gateway.active", "{request}", "Requests under way in the gateway.");
        Duration = _meter.CreateHistogram<double>("kvrouter.gateway.duration", "s", "Time from a request's headers to the last byte of its answer.");
        UpstreamFailures = _meter.CreateCounter<long>(
            "kvrouter.gateway.upstream.failures", "{failure}", "Attempts to forward a request that failed, by what failed.");
    }

    public Counter<long> Requests { get; }

    public UpDownCounter<long> Active { get; }

    public Histogram<double> Duration { get; }

    public Counter<long> UpstreamFailures { get; }

    public void Dispose() => _meter.Dispose();
}
