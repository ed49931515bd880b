using System.Diagnostics.Metrics;

namespace OrleansKvRouter.Discovery;

/// <summary>What this subsystem counts. One for the whole process; safe to use from any thread.</summary>
public sealed class DiscoveryInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _reloads;
    private readonly Gauge<int> _errors;
    private readonly Counter<long> _scrapes;
    private readonly Histogram<double> _scrapeSeconds;

    public DiscoveryInstruments()
    {
        _meter = new Meter("OrleansKvRouter.Discovery");
        _reloads = _meter.CreateCounter<long>("kvrouter.discovery.reloads", description: "Edits of the resource files that were read, by outcome (applied, rejected).");
        _errors = _meter.CreateGauge<int>("kvrouter.discovery.resource_errors", description: "Errors in the resource files as they stand now; while there are any, the last good version is in effect.");
        _scrapes = _meter.CreateCounter<long>("kvrouter.discovery.scrapes", description: "Scrapes of engines' metrics, by outcome (ok, timeout, unreachable, status, too_large, unrecognized).");
        _scrapeSeconds = _meter.CreateHistogram<double>("kvrouter.discovery.scrape.duration", unit: "s", description: "How long a successful scrape took.");
    }

    public void Dispose() => _meter.Dispose();

    internal void Reloaded(int errors)
    {
        _reloads.Add(1, new KeyValuePair<string, object?>("outcome", errors == 0 ? "applied" : "rejected"));
        _errors.Record(errors);
    }

    internal void Scraped(TimeSpan took)
    {
        _scrapes.Add(1, new KeyValuePair<string, object?>("outcome", "ok"));
        _scrapeSeconds.Record(took.TotalSeconds);
    }

    internal void ScrapeFailed(string outcome) => _scrapes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
