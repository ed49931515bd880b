using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.EppService.Feedback;

/// <summary>
/// One endpoint's predictions against what its engine reported. Any thread may judge, one at a time; any thread reads
/// <see cref="Totals"/>, an immutable picture. Lasting over-prediction empties the endpoint in the index, since what is claimed
/// there is not held, has it learnt again where the engine can replay, and marks it stale until predictions hold again.
/// </summary>
internal sealed class PredictionLedger(FeedTarget feed, TimeProvider time, ILogger log)
{
    private readonly Lock _judging = new();
    private readonly ShortfallDetector _detector = new();
    private volatile PredictionTotals _totals = PredictionTotals.None;
    private bool _reports;
    private bool _reportedSinceContradiction = true;

    /// <summary>The sums so far.</summary>
    public PredictionTotals Totals => _totals;

    /// <summary>What is expected of a request that goes to the endpoint now.</summary>
    public Prediction Predict(int promptTokens, int cachedTokens) => new(promptTokens, cachedTokens, feed.Status.Removed);

    /// <summary>Compares a prediction with the engine's report.</summary>
    /// <remarks>
    /// vLLM leaves <c>cached_tokens</c> out when it is 0 (v0.10 to v0.30), and always without <c>--enable-prompt-tokens-details</c>.
    /// So it means 0 from an engine that has once reported a number, and nothing from one that has not.
    /// </remarks>
    public void Judge(in Prediction prediction, ReportedUsage usage)
    {
        lock (_judging)
        {
            if (usage.PromptTokens != prediction.PromptTokens)
            {
                // Other tokens than were looked up: their shortfall says nothing of the cache.
                _totals = _totals with { Miscounted = _totals.Miscounted + 1 };
                return;
            }

            if (usage.CachedTokens is not null) _reports = _reportedSinceContradiction = true;
            if (!_reports)
            {
                _totals = _totals with { Unreported = _totals.Unreported + 1 };
                return;
            }

            var reported = usage.CachedTokens ?? 0;
            _totals = _totals.With(prediction.CachedTokens, reported);
            if (prediction.CachedTokens == 0) return;

            // What the engine has removed since, and said so, is no contradiction.
            var removed = (feed.Status.Removed - prediction.RemovedBefore) * feed.BlockSize;
            var shortfall = Math.Clamp(prediction.CachedTokens - reported - removed, 0, prediction.CachedTokens);
            switch (_detector.Observe((double)shortfall / prediction.CachedTokens))
            {
                case Finding.Contradicted:
                    Distrust();
                    break;
                case Finding.Confirmed:
                    feed.Trust();
                    log.PredictionsHold(feed.Endpoint, feed.Pool);
                    break;
            }
        }
    }

    private void Distrust()
    {
        if (!_reportedSinceContradiction)
        {
            // Emptied, and still not one cached token in what it computed since: it has been restarted without the flag.
            _reports = false;
            feed.Trust();
            return;
        }

        _reportedSinceContradiction = false;
        _totals = _totals with { Contradictions = _totals.Contradictions + 1 };
        var cause = string.Create(
            CultureInfo.InvariantCulture,
            $"the engine computed prompts that its events say it has cached (of {_totals.Predicted} tokens predicted so far it lacked {_totals.Over}): its cache was dropped without an event");
        if (feed.Distrust(cause, time.GetUtcNow())) log.PredictionsContradicted(feed.Endpoint, feed.Pool, feed.Standing.Cause);
    }
}
