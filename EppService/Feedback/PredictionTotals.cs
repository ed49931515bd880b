namespace OrleansKvRouter.EppService.Feedback;

/// <summary>Sums over an endpoint's requests since it joined; tokens unless said otherwise.</summary>
internal sealed record PredictionTotals
{
    public static PredictionTotals None { get; } = new();

    /// <summary>Requests whose prediction was compared.</summary>
    public long Judged { get; init; }

    /// <summary>Of these, requests whose prediction was right to the token.</summary>
    public long Right { get; init; }

    public long Predicted { get; init; }

    public long Reported { get; init; }

    /// <summary>Predicted and not cached.</summary>
    public long Over { get; init; }

    /// <summary>Cached and not predicted.</summary>
    public long Under { get; init; }

    /// <summary>Requests whose answer named no cached tokens, from an engine that never named any.</summary>
    public long Unreported { get; init; }

    /// <summary>Requests of which the engine counted another number of prompt tokens than the router.</summary>
    public long Miscounted { get; init; }

    /// <summary>Times that lasting over-prediction made the endpoint stale.</summary>
    public long Contradictions { get; init; }

    public static PredictionTotals operator +(PredictionTotals a, PredictionTotals b) => new()
    {
        Judged = a.Judged + b.Judged,
        Right = a.Right + b.Right,
        Predicted = a.Predicted + b.Predicted,
        Reported = a.Reported + b.Reported,
        Over = a.Over + b.Over,
        Under = a.Under + b.Under,
        Unreported = a.Unreported + b.Unreported,
        Miscounted = a.Miscounted + b.Miscounted,
        Contradictions = a.Contradictions + b.Contradictions,
    };

    public PredictionTotals With(int predicted, int reported) => this with
    {
        Judged = Judged + 1,
        Right = Right + (predicted == reported ? 1 : 0),
        Predicted = Predicted + predicted,
        Reported = Reported + reported,
        Over = Over + Math.Max(0, predicted - reported),
        Under = Under + Math.Max(0, reported - predicted),
    };
}
