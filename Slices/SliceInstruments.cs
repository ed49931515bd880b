using System.Diagnostics.Metrics;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Slices;

/// <summary>What the spread index does. Catalogue: docs/cluster.md.</summary>
public sealed class SliceInstruments : IDisposable
{
    private readonly Meter _meter = new("OrleansKvRouter.Slices");
    private readonly Counter<long> _walks;
    private readonly Counter<long> _calls;
    private readonly Counter<long> _deltas;
    private readonly Counter<long> _resends;

    public SliceInstruments()
    {
        _walks = _meter.CreateCounter<long>("kvrouter.slices.walks", description: "Walks, by whether all slices answered: whole, partial.");
        _calls = _meter.CreateCounter<long>("kvrouter.slices.remote.calls", description: "Calls of other silos for walks, by outcome: answered, silent, failed.");
        _deltas = _meter.CreateCounter<long>("kvrouter.slices.deltas", description: "Engines' batches as slices here took them, by outcome: applied, duplicate, gap, outdated, malformed.");
        _resends = _meter.CreateCounter<long>("kvrouter.slices.resends", description: "Times that a slice lacked what was sent to it, by outcome: resent, lost (the journal did not reach back), not_sent (sending failed).");
    }

    public void Walked(bool isWhole) => _walks.Add(1, new KeyValuePair<string, object?>("outcome", isWhole ? "whole" : "partial"));

    public void Called(string outcome) => _calls.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Resent(bool reached) => _resends.Add(1, new KeyValuePair<string, object?>("outcome", reached ? "resent" : "lost"));

    public void NotSent() => _resends.Add(1, new KeyValuePair<string, object?>("outcome", "not_sent"));

    public void Applied(in ApplyOutcome outcome)
    {
        Add(outcome.Applied, "applied");
        Add(outcome.Duplicates, "duplicate");
        Add(outcome.Gaps, "gap");
        Add(outcome.Outdated, "outdated");
        Add(outcome.Malformed, "malformed");
    }

    public void Dispose() => _meter.Dispose();

    private void Add(int count, string outcome)
    {
        if (count > 0) _deltas.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
    }
}
