using Microsoft.Extensions.Logging;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>
/// Keeps every Ready endpoint's <see cref="EndpointLoad.Metrics"/> fresh by scraping <c>http://ip:port/metrics</c>, one task an
/// endpoint. Metrics of an endpoint that fails several scrapes in a row, or is no longer Ready, become unknown.
/// </summary>
/// <remarks><see cref="Update"/> and disposal are called by one thread at a time; the loads are read by any.</remarks>
public sealed class MetricsScraper : IAsyncDisposable
{
    private readonly ScrapeOptions _options;
    private readonly ScrapeClient _client;
    private readonly ScrapeReport _report;
    private readonly TimeProvider _time;
    private readonly ScrapePace _pace;
    private readonly Dictionary<EndpointLoad, ScrapeLoop> _loops = new(ReferenceEqualityComparer.Instance);
    private readonly List<Task> _ending = [];

    public MetricsScraper(ILogger<MetricsScraper> logger, TimeProvider time, DiscoveryInstruments instruments, ScrapeOptions? options = null)
    {
        _options = options ?? new ScrapeOptions();
        _client = new ScrapeClient(_options, time);
        _report = new ScrapeReport(logger, instruments, _options.FailuresUntilUnknown);
        _pace = new ScrapePace(_options);
        _time = time;
    }

    /// <summary>Scrapes these endpoints from now on, and no others.</summary>
    /// <param name="candidates">All endpoints of all pools; those that are not Ready are not scraped.</param>
    public void Update(IReadOnlyCollection<Candidate> candidates)
    {
        var wanted = Targets(candidates);
        foreach (var (load, loop) in _loops.Where(loop => !wanted.TryGetValue(loop.Key, out var target) || target != loop.Value.Target).ToArray())
        {
            _ending.Add(loop.DisposeAsync().AsTask());
            _loops.Remove(load);
        }

        _ending.RemoveAll(task => task.IsCompletedSuccessfully);
        _pace.Endpoints = wanted.Count;
        foreach (var (load, target) in wanted)
        {
            if (!_loops.ContainsKey(load)) _loops.Add(load, new ScrapeLoop(target, load, _client, _pace, _report, _time));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll([.. _ending, .. _loops.Values.Select(loop => loop.DisposeAsync().AsTask())]);
        _loops.Clear();
        _client.Dispose();
        _pace.Dispose();
    }

    private static Dictionary<EndpointLoad, ScrapeTarget> Targets(IReadOnlyCollection<Candidate> candidates)
    {
        // Only where a pod has several ports does an endpoint stand for one of its ranks.
        var pods = candidates.Select(candidate => candidate.Endpoint).ToLookup(endpoint => (endpoint.Namespace, endpoint.Name), endpoint => endpoint.Port);
        var targets = new Dictionary<EndpointLoad, ScrapeTarget>(ReferenceEqualityComparer.Instance);
        foreach (var (endpoint, load) in candidates.Where(candidate => candidate.Endpoint.Ready).Select(candidate => (candidate.Endpoint, candidate.Load)))
        {
            int? rank = pods[(endpoint.Namespace, endpoint.Name)].Distinct().Count() > 1 ? endpoint.Rank : null;
            targets[load] = new ScrapeTarget($"{endpoint.Namespace}/{endpoint.Name}", new Uri($"http://{endpoint.Address}/metrics"), rank);
        }

        return targets;
    }
}
