using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Admin.Prometheus;

/// <summary>
/// Collects every instrument of every meter whose name starts with <c>OrleansKvRouter.</c> and writes them as
/// Prometheus text. Measurements made before it exists are not seen, so a node creates it first. Measuring takes
/// no lock; scrapes take turns.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Series that one metric may have before the rest is summed up under <c>overflow="true"</c>.</summary>
    public const int DefaultMaxSeries = 2000;

    private const string MeterPrefix = "OrleansKvRouter.";

    private readonly MeterListener _listener = new();
    private readonly Lock _families = new();
    private readonly Lock _scraping = new();
    private readonly SortedDictionary<string, MetricFamily> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<Instrument, InstrumentFeed> _feeds = [];
    private readonly int _maxSeries;
    private readonly ILogger _logger;
    private long _scrape;

    public PrometheusExporter(ILogger<PrometheusExporter> logger, int maxSeries = DefaultMaxSeries)
    {
        (_logger, _maxSeries) = (logger, maxSeries);
        _listener.InstrumentPublished = (instrument, _) => Enable(instrument);
        _listener.MeasurementsCompleted = (instrument, _) => Forget(instrument);
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, feed) => Record(value, tags, feed));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, feed) => Record(value, tags, feed));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, feed) => Record(value, tags, feed));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, feed) => Record(value, tags, feed));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, feed) => Record(value, tags, feed));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, feed) => Record(value, tags, feed));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, feed) => Record((double)value, tags, feed));
        _listener.Start();
    }

    /// <summary>Observes the observable instruments and writes all series, ordered by metric and labels.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        lock (_scraping)
        {
            Observe();
            var text = new PrometheusText(output);
            foreach (var family in Families()) text.Write(family);
        }
    }

    /// <summary>Measurements that found their metric full, by metric, for those that did.</summary>
    public IEnumerable<(string Metric, long Measurements)> Overflows() =>
        Families().Where(f => f.Overflowed > 0).Select(f => (f.Name, f.Overflowed));

    public void Dispose() => _listener.Dispose();

    private static void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? feed) =>
        ((InstrumentFeed)feed!).Record(value, tags);

    private void Enable(Instrument instrument)
    {
        if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal)) return;
        var (kind, additive) = Classify(instrument);
        InstrumentFeed feed;
        lock (_families)
        {
            var name = PrometheusNames.MetricName(instrument, kind);
            if (!_byName.TryGetValue(name, out var family))
            {
                var boundaries = kind == SeriesKind.Histogram ? HistogramBounds.Of(instrument) : null;
                _byName[name] = family = new MetricFamily(name, instrument.Description ?? "", kind, boundaries, _maxSeries);
            }
            else if (family.Kind != kind)
            {
                Log.MetricKindConflict(_logger, instrument.Meter.Name, instrument.Name, name);
                return;
            }

            family.Instruments++;
            _feeds[instrument] = feed = new InstrumentFeed(family, instrument.IsObservable, additive);
        }

        _listener.EnableMeasurementEvents(instrument, feed);
    }

    private void Forget(Instrument instrument)
    {
        lock (_families)
        {
            if (_feeds.Remove(instrument, out var feed) && --feed.Family.Instruments == 0) _byName.Remove(feed.Family.Name);
        }
    }

    private void Observe()
    {
        InstrumentFeed[] observed;
        lock (_families) observed = [.. _feeds.Values.Where(f => f.Observed)];
        _scrape++;
        foreach (var feed in observed) feed.BeginScrape(_scrape);
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException e)
        {
            // One instrument that fails must not take all metrics away.
            Log.ObservationFailed(_logger, e);
        }

        foreach (var family in observed.Select(f => f.Family).Distinct()) family.DropUnseen(_scrape);
    }

    private MetricFamily[] Families()
    {
        lock (_families) return [.. _byName.Values];
    }

    /// <summary>What an instrument is to Prometheus, and whether its measurements add up.</summary>
    public static (SeriesKind Kind, bool Additive) Classify(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Histogram<>)) return (SeriesKind.Histogram, true);
        if (type == typeof(Counter<>) || type == typeof(ObservableCounter<>)) return (SeriesKind.Counter, true);
        return (SeriesKind.Gauge, type == typeof(UpDownCounter<>) || type == typeof(ObservableUpDownCounter<>));
    }
}
