using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>What is scraped.</summary>
/// <param name="Endpoint">The pod's <c>namespace/name</c>, for logs.</param>
/// <param name="Url">The metrics page.</param>
/// <param name="Rank">As <see cref="EngineMetricsReader"/> has it.</param>
internal sealed record ScrapeTarget(string Endpoint, Uri Url, int? Rank);

/// <summary>Scrapes one endpoint until it is disposed; the only writer of the endpoint's metrics.</summary>
internal sealed class ScrapeLoop : IAsyncDisposable
{
    private readonly EndpointLoad _load;
    private readonly ScrapeClient _client;
    private readonly ScrapePace _pace;
    private readonly ScrapeReport _report;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private int _failures;

    public ScrapeLoop(ScrapeTarget target, EndpointLoad load, ScrapeClient client, ScrapePace pace, ScrapeReport report, TimeProvider time)
    {
        (Target, _load, _client, _pace, _report, _time) = (target, load, client, pace, report, time);
        _running = Task.Run(() => RunAsync(_stopping.Token));
    }

    public ScrapeTarget Target { get; }

    /// <summary>Ends the loop; the metrics are unknown when the task completes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                var started = _time.GetTimestamp();
                using (await _pace.TurnAsync(stopping)) await ScrapeAsync(stopping);
                var rest = _pace.NextIn(_failures) - _time.GetElapsedTime(started);
                if (rest > TimeSpan.Zero) await Task.Delay(rest, _time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            _load.Metrics = null;
        }
    }

    private async Task ScrapeAsync(CancellationToken stopping)
    {
        var mark = new LoadMark(_load.Entered, _time.GetElapsedTime(0));
        var started = _time.GetTimestamp();
        var (metrics, failure) = await _client.ScrapeAsync(Target.Url, Target.Rank, stopping);
        if (failure is null)
        {
            _load.Observe(metrics, mark);
            _report.Succeeded(Target, _failures, _time.GetElapsedTime(started));
            _failures = 0;
        }
        else if (_report.Failed(Target, ++_failures, failure))
        {
            _load.Metrics = null;
        }
    }
}
