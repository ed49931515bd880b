namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>How engines' metrics are scraped.</summary>
public sealed record ScrapeOptions
{
    /// <summary>
    /// From the start of one scrape of an endpoint to the next; a little more or less each time, so that endpoints do not
    /// fall into step. A batch of an engine takes tens of milliseconds, and what is sent in between the router counts itself.
    /// </summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The interval grows with the fleet so that no more scrapes than this are made a second.</summary>
    public int MaxPerSecond { get; init; } = 1000;

    /// <summary>Scrapes under way at once.</summary>
    public int MaxParallel { get; init; } = 128;

    /// <summary>From connecting to the last byte.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A longer body is given up. vLLM's is some tens of KB.</summary>
    public int MaxBytes { get; init; } = 4 << 20;

    /// <summary>After so many failures in a row an endpoint's metrics are unknown.</summary>
    public int FailuresUntilUnknown { get; init; } = 3;

    /// <summary>The interval doubles with each failure in a row, up to this.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);
}
