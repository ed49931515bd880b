using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>Counts scrapes, and logs when an endpoint's metrics become unknown and when they are known again.</summary>
internal sealed class ScrapeReport(ILogger logger, DiscoveryInstruments instruments, int failuresUntilUnknown)
{
    public void Succeeded(ScrapeTarget target, int failuresBefore, TimeSpan took)
    {
        instruments.Scraped(took);
        if (failuresBefore >= failuresUntilUnknown) logger.MetricsKnownAgain(target.Endpoint);
    }

    /// <summary>True when so many failures in a row make the metrics unknown.</summary>
    public bool Failed(ScrapeTarget target, int failures, ScrapeFailure failure)
    {
        instruments.ScrapeFailed(failure.Outcome);
        if (failures == failuresUntilUnknown) logger.MetricsUnknown(target.Endpoint, failures, target.Url, failure.Cause);
        return failures >= failuresUntilUnknown;
    }
}
