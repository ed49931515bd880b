using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>
/// A request on its way: counts its uncached prompt tokens against the endpoint until disposed, and only once, and holds
/// what was predicted of its cache against what the engine reports.
/// </summary>
internal sealed class InFlight : IRequestLease
{
    private readonly long _tokens;
    private readonly Prediction _prediction;
    private readonly PredictionLedger? _ledger;
    private readonly EndpointLoad? _rank;
    private EndpointLoad? _load;

    /// <param name="load">The picked endpoint's.</param>
    /// <param name="rank">That of the rank that was named to it; null where none was.</param>
    /// <param name="promptTokens">Tokens in the prompt.</param>
    /// <param name="cachedTokens">Of these, tokens predicted to be cached.</param>
    /// <param name="ledger">The endpoint's; null when the prediction cannot be judged.</param>
    public InFlight(EndpointLoad load, EndpointLoad? rank, int promptTokens, int cachedTokens, PredictionLedger? ledger)
    {
        (_load, _rank, _tokens, _ledger) = (load, rank, promptTokens - cachedTokens, ledger);
        if (ledger is not null) _prediction = ledger.Predict(promptTokens, cachedTokens);
        load.Enter(_tokens);
        rank?.Enter(_tokens);
    }

    public bool WantsUsage => _ledger is not null;

    public void Report(ReportedUsage usage) => _ledger?.Judge(_prediction, usage);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _load, null) is not { } load) return;
        load.Leave(_tokens);
        _rank?.Leave(_tokens);
    }
}
