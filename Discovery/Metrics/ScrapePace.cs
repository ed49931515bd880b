namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>When an endpoint's next scrape is due, and whose turn it is. Shared by all loops.</summary>
internal sealed class ScrapePace(ScrapeOptions options) : IDisposable
{
    private const double Jitter = 0.1;

    private readonly SemaphoreSlim _turns = new(options.MaxParallel);
    private volatile int _endpoints;

    /// <summary>How many endpoints are scraped.</summary>
    public int Endpoints { set => _endpoints = value; }

    public void Dispose() => _turns.Dispose();

    /// <summary>Waits for a turn, which lasts until the result is disposed.</summary>
    public async Task<Turn> TurnAsync(CancellationToken cancellation)
    {
        await _turns.WaitAsync(cancellation);
        return new Turn(_turns);
    }

    /// <summary>From the start of a scrape to the start of the next.</summary>
    public TimeSpan NextIn(int failures)
    {
        var interval = Max(options.Interval, TimeSpan.FromSeconds((double)_endpoints / options.MaxPerSecond));
        // Doubling ten times passes any bound that makes sense.
        var backedOff = interval * (1 << Math.Min(failures, 10));
        var due = failures == 0 || backedOff < options.MaxBackoff ? backedOff : Max(interval, options.MaxBackoff);
        return due * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble()));
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    internal readonly struct Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
