using System.Collections.Concurrent;

namespace OrleansKvRouter.EppService.Admin.Prometheus;

/// <summary>What a family of series is to Prometheus.</summary>
internal enum SeriesKind
{
    Counter,

    /// <summary>A value that goes up and down, added to by steps or set.</summary>
    Gauge,

    Histogram,
}

/// <summary>
/// All series under one metric name. Several instruments may feed one family: two nodes in one process count
/// together. A known series is found without a lock and without allocating; a new one is added under a lock.
/// </summary>
internal sealed class MetricFamily(string name, string help, SeriesKind kind, double[]? boundaries, int maxSeries)
{
    private static readonly KeyValuePair<string, object?>[] OverflowTags = [new("overflow", "true")];

    private readonly ConcurrentDictionary<LabelSet, Series> _byTags = new(LabelSetComparer.Instance);
    private readonly Dictionary<string, Series> _byLabels = new(StringComparer.Ordinal);
    private readonly Lock _adding = new();
    private long _overflowed;

    public string Name { get; } = name;

    public string Help { get; } = help;

    public SeriesKind Kind { get; } = kind;

    public double[]? Boundaries { get; } = boundaries;

    /// <summary>How many living instruments feed the family.</summary>
    public int Instruments { get; set; }

    /// <summary>Measurements that went into the overflow series because the family was full.</summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    public Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var lookup = _byTags.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        return lookup.TryGetValue(tags, out var series) ? series : Create(tags);
    }

    /// <summary>The series, ordered by their labels.</summary>
    public IReadOnlyList<Series> Ordered()
    {
        lock (_adding) return [.. _byLabels.Values.OrderBy(s => s.Labels, StringComparer.Ordinal)];
    }

    /// <summary>Drops the series that a scrape's observation did not mention: what they stood for is gone.</summary>
    public void DropUnseen(long scrape)
    {
        lock (_adding)
        {
            foreach (var (tags, series) in _byTags)
            {
                if (series.SeenInScrape != scrape) _byTags.TryRemove(tags, out _);
            }

            foreach (var (labels, series) in _byLabels)
            {
                if (series.SeenInScrape != scrape) _byLabels.Remove(labels);
            }
        }
    }

    private Series Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_adding)
        {
            if (_byTags.Count >= maxSeries)
            {
                Interlocked.Increment(ref _overflowed);
                return ByLabels(PrometheusNames.Labels(OverflowTags));
            }

            // Different tags can read the same once written out (1 and "1"): they are one series.
            var series = ByLabels(PrometheusNames.Labels(tags));
            _byTags[LabelSetComparer.Instance.Create(tags)] = series;
            return series;
        }
    }

    private Series ByLabels(string labels)
    {
        if (!_byLabels.TryGetValue(labels, out var series)) _byLabels[labels] = series = new Series(labels, Boundaries);
        return series;
    }
}

/// <summary>Where one instrument's measurements go, and how.</summary>
internal sealed class InstrumentFeed(MetricFamily family, bool observed, bool additive)
{
    private long _scrape;

    public MetricFamily Family { get; } = family;

    public bool Observed { get; } = observed;

    public void BeginScrape(long scrape) => _scrape = scrape;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Family.Find(tags);
        if (Family.Kind == SeriesKind.Histogram) series.Measure(value);
        else if (Observed) Observe(series, value);
        else if (additive) series.Add(value);
        else series.Set(value);
    }

    /// <summary>An observation is the whole value; those of several instruments in one scrape add up.</summary>
    private void Observe(Series series, double value)
    {
        if (series.SeenInScrape == _scrape && additive) series.Add(value);
        else series.Set(value);
        series.SeenInScrape = _scrape;
    }
}
