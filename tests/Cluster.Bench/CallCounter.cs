using System.Diagnostics.Metrics;

namespace OrleansKvRouter.Tests.Cluster.Bench;

/// <summary>Calls of other silos, as this silo's own metrics count them.</summary>
internal sealed class CallCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _calls;

    public CallCounter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "kvrouter.slices.remote.calls") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _calls, count));
        _listener.Start();
    }

    public long Calls => Volatile.Read(ref _calls);

    public void Dispose() => _listener.Dispose();
}
