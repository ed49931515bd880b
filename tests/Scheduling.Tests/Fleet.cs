using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.Tests.Scheduling;

/// <summary>Candidates for tests: endpoint <c>i</c> is 10.0.(i/250).(i%250+1):8000.</summary>
internal static class Fleet
{
    private static readonly Dictionary<string, string> NoLabels = [];

    public static Candidate[] Of(int count) => [.. Enumerable.Range(0, count).Select(i => Candidate(i))];

    public static Candidate Candidate(int i, bool ready = true, EngineMetrics? metrics = null, long inFlightTokens = 0)
    {
        var load = new EndpointLoad();
        if (inFlightTokens > 0) load.Enter(inFlightTokens);
        load.Metrics = metrics;
        return new Candidate(new EndpointSpec("default", $"pod-{i:0000}", "", $"10.0.{i / 250}.{(i % 250) + 1}", 8000, 0, NoLabels, ready), new HolderId(i), load);
    }

    public static EngineMetrics Metrics(int waiting = 0, double usage = 0, int running = 0) => new(waiting, running, usage, 0);
}
