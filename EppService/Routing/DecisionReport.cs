using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>Tells of each decision, once it is made: the log line, the metrics, the recent decisions.</summary>
internal sealed class DecisionReport(RoutingInstruments instruments, DecisionLog decisions, TimeProvider time, ILogger<RequestRouter> log)
{
    /// <param name="request">What was asked.</param>
    /// <param name="pool">Whose it is.</param>
    /// <param name="model">The model it names; null when it names none.</param>
    /// <param name="endpoint">The pick.</param>
    /// <param name="rank">The data-parallel rank that is named to it; null where the engine chooses.</param>
    /// <param name="work">Tokens and times.</param>
    /// <param name="matched">Tokens predicted to be cached there.</param>
    /// <param name="unknown">Why nothing could be predicted; null when it could.</param>
    public void Picked(PickRequest request, PoolRuntime pool, string? model, EndpointSpec endpoint, int? rank, Workspace work, int matched, Fault? unknown)
    {
        var shown = Shown.Of(model ?? "");
        var tokens = work.Prompts.TotalTokens;
        var microseconds = work.Clock.Total.TotalMicroseconds;
        log.RequestHandled(request.RequestId, shown, shown, endpoint.Namespace, endpoint.Name, endpoint.Address, tokens, matched, microseconds);
        instruments.Picked(pool.Name, tokens, matched, work.Clock);
        if (unknown is not null)
        {
            instruments.Unpredicted(pool.Name);
            log.PrefixUnknown(request.RequestId, unknown);
        }

        decisions.Add(new Decision
        {
            Time = time.GetUtcNow(),
            RequestId = request.RequestId,
            Model = shown,
            Pool = pool.Name,
            Endpoint = endpoint.Name,
            Address = endpoint.Address,
            Rank = rank,
            Tokens = tokens,
            MatchedTokens = matched,
            DecisionMicroseconds = microseconds,
            Status = 200,
        });
    }

    public void Refused(PickRequest request, PoolRuntime? pool, string? model, int status, Fault fault, Workspace work)
    {
        var shown = Shown.Of(model ?? "");
        log.RequestRefused(request.RequestId, shown, status, fault);
        instruments.Refused(pool?.Name, status);
        decisions.Add(new Decision
        {
            Time = time.GetUtcNow(),
            RequestId = request.RequestId,
            Model = shown,
            Pool = pool?.Name ?? "",
            Tokens = work.Prompts.TotalTokens,
            DecisionMicroseconds = work.Clock.Total.TotalMicroseconds,
            Status = status,
        });
    }
}
