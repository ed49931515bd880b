using System.Diagnostics.Metrics;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>What ext_proc counts. The decision itself is measured where it is made.</summary>
internal sealed class ExtProcInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.ExtProc");
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _streams;
    private readonly Counter<long> _refusals;

    public ExtProcInstruments()
    {
        _active = _meter.CreateUpDownCounter<long>("kvrouter.extproc.streams.active", "{stream}", "HTTP requests that a data plane is talking about now");
        _streams = _meter.CreateCounter<long>("kvrouter.extproc.streams", "{stream}", "HTTP requests that a data plane has asked about");
        _refusals = _meter.CreateCounter<long>("kvrouter.extproc.refusals", "{request}", "Requests answered with an error instead of an endpoint, by status");
    }

    /// <summary>Counts a stream; disposing what it returns says that the stream has ended.</summary>
    public ActiveStream Stream()
    {
        _streams.Add(1);
        _active.Add(1);
        return new ActiveStream(_active);
    }

    public void Refused(int status) => _refusals.Add(1, new KeyValuePair<string, object?>("status", status));

    public void Dispose() => _meter.Dispose();

    internal readonly struct ActiveStream(UpDownCounter<long> active) : IDisposable
    {
        public void Dispose() => active.Add(-1);
    }
}
