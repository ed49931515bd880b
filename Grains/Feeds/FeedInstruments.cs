using System.Diagnostics.Metrics;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>How silos share the following of engines. Catalogue: docs/cluster.md.</summary>
public sealed class FeedInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Feeds");
    private readonly Counter<long> _forwarded;

    public FeedInstruments() => _forwarded = _meter.CreateCounter<long>(
        "kvrouter.feeds.forwarded", description: "Batches that a silo heard of an engine which another owns, by outcome: sent, accepted (by the owner), dropped.");

    public void Forwarded(int batches) => Add(batches, "sent");

    public void Accepted(int batches) => Add(batches, "accepted");

    public void Dropped() => Add(1, "dropped");

    public void Dispose() => _meter.Dispose();

    private void Add(int batches, string outcome)
    {
        if (batches > 0) _forwarded.Add(batches, new KeyValuePair<string, object?>("outcome", outcome));
    }
}
