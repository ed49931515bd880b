namespace OrleansKvRouter.EppService.Feedback;

/// <summary>What one more judged request shows.</summary>
internal enum Finding
{
    /// <summary>Nothing new.</summary>
    None,

    /// <summary>Predictions have been too high for too long: what is known of the engine's cache is wrong.</summary>
    Contradicted,

    /// <summary>After that, predictions have held long enough.</summary>
    Confirmed,
}

/// <summary>
/// Tells an engine whose cache is not what the index says from one whose evictions now and then overtake a request.
/// </summary>
/// <remarks>
/// <para>
/// A one-sided CUSUM (E. S. Page, "Continuous inspection schemes", Biometrika 1954), which of all tests finds a lasting
/// shift soonest for a given rate of false alarms. Each request adds its shortfall (the share, 0 to 1, of the predicted tokens
/// that the engine had to compute after all) less <see cref="Drift"/>; the sum never falls below 0, and <see cref="Limit"/> is the alarm.
/// </para>
/// <para>
/// So a cache that is gone altogether is found at the fourth request, and any loss that costs 40 % of the predicted tokens
/// or more within 20. A single eviction in a race with a request adds 0.75 at most and the next three requests take it back;
/// where every twentieth request loses its whole prefix that way, independently, a false alarm comes once in some hundred thousand.
/// </para>
/// </remarks>
internal sealed class ShortfallDetector
{
    /// <summary>The shortfall that an engine in order may have on average.</summary>
    public const double Drift = 0.25;

    /// <summary>The sum from which predictions are contradicted.</summary>
    public const double Limit = 3;

    /// <summary>Requests in a row whose prediction must hold, to within <see cref="Drift"/>, before an engine is believed again.</summary>
    public const int Confirmations = 5;

    private double _sum;
    private int _held;
    private bool _contradicted;

    /// <summary>Takes in a request that was predicted to have cached tokens.</summary>
    /// <param name="shortfall">The share of them that was not cached, 0 to 1.</param>
    public Finding Observe(double shortfall)
    {
        _sum = Math.Max(0, _sum + shortfall - Drift);
        _held = shortfall <= Drift ? _held + 1 : 0;
        // Sums of binary fractions of shares fall short of the limit by rounding alone.
        if (_sum >= Limit - 1e-9)
        {
            (_sum, _held, _contradicted) = (0, 0, true);
            return Finding.Contradicted;
        }

        if (!_contradicted || _held < Confirmations) return Finding.None;
        _contradicted = false;
        return Finding.Confirmed;
    }
}
