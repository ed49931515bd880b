using System.Diagnostics.Metrics;

namespace OrleansKvRouter.Grains.Gossip;

/// <summary>What silos tell each other. Catalogue: docs/cluster.md.</summary>
internal sealed class GossipInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Gossip");
    private readonly Counter<long> _told;
    private readonly Counter<long> _heard;
    private readonly Counter<long> _passed;

    public GossipInstruments()
    {
        _told = _meter.CreateCounter<long>("kvrouter.gossip.told", description: "Messages to other silos, one for each silo.");
        _heard = _meter.CreateCounter<long>("kvrouter.gossip.heard", description: "What other silos told, by topic and outcome: taken, malformed.");
        _passed = _meter.CreateCounter<long>("kvrouter.gossip.passed", description: "Messages that came late, or from a silo that is gone, and were passed over.");
    }

    public void Told() => _told.Add(1);

    public void Heard(string topic) => Count(topic, "taken");

    public void Malformed(string topic) => Count(topic, "malformed");

    public void Passed() => _passed.Add(1);

    public void Dispose() => _meter.Dispose();

    private void Count(string topic, string outcome) => _heard.Add(1, new KeyValuePair<string, object?>("topic", topic), new KeyValuePair<string, object?>("outcome", outcome));
}
