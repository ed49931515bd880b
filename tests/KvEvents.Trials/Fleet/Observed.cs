using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Receiving;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

/// <summary>Reads the counters of one set of instruments, by name and label value: <c>malformed:payload</c>.</summary>
internal sealed class Observed : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _totals = new();

    public Observed(KvEventInstruments instruments)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == instruments.Meter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = instrument.Name["kvrouter.events.".Length..];
            if (tags.Length > 0) name += $":{tags[0].Value}";
            if (instrument is ObservableGauge<long>) _totals[name] = value;
            else _totals.AddOrUpdate(name, value, (_, total) => total + value);
        });
        _listener.Start();
    }

    public long this[string name]
    {
        get
        {
            _listener.RecordObservableInstruments();
            return _totals.GetValueOrDefault(name);
        }
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>Keeps what was logged at Information and above.</summary>
internal sealed class Logged : ILogger<EventSubscriber>
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
}
