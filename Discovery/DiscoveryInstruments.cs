using System.Diagnostics.Metrics;

namespace OrleansKvRouter.Discovery;

/// <summary>What this subsystem counts. One for the whole process; safe to use from any thread.</summary>
public sealed class DiscoveryInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _reloads;
    private readonly Counter<long> _scrapes;
    private readonly Histogram<double> _scrapeDuration;

    public DiscoveryInstruments()
    {
        _meter = new Meter("OrleansKvRouter.Discovery");
        _reloads = _meter.CreateCounter<long>("kvrouter.discovery.reloads", "{reload}", "Edits of the resource files that were read, by outcome.");
        _scrapes = _meter.CreateCounter<long>("kvrouter.discovery.scrapes", "{scrape}", "Scrapes of engines' metrics, by outcome.");
        _scrapeDuration = _meter.CreateHistogram<double>("kvrouter.discovery.scrape.duration", "s", "How long a successful scrape took.");
    }

    public void Dispose() => _meter.Dispose();

    internal void Reloaded(bool applied) => _reloads.Add(1, new KeyValuePair<string, object?>("outcome", applied ? "applied" : "rejected"));

    internal void Scraped(TimeSpan took)
    {
        _scrapes.Add(1, new KeyValuePair<string, object?>("outcome", "ok"));
        _scrapeDuration.Record(took.TotalSeconds);
    }

    internal void ScrapeFailed(string outcome) => _scrapes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
