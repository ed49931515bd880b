using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>Tells of each decision, once it is made: the log line, the metrics, the recent decisions.</summary>
internal sealed class DecisionReport(RoutingInstruments instruments, DecisionLog decisions, TimeProvider time, ILogger<RequestRouter> log)
{
    /// <param name="request">What was asked.</param>
    /// <param name="pool">Whose it is.</param>
    /// <param name="inference">The body as far as it was read.</param>
    /// <param name="endpoint">The pick.</param>
    /// <param name="work">Tokens and times.</param>
    /// <param name="matched">Tokens predicted to be cached there.</param>
    /// <param name="unknown">Why nothing could be predicted; null when it could.</param>
    public void Picked(PickRequest request, PoolRuntime pool, InferenceRequest? inference, EndpointSpec endpoint, Workspace work, int matched, Fault? unknown)
    {
        var model = inference?.Model ?? "";
        var tokens = work.Prompts.TotalTokens;
        var microseconds = work.Clock.Total.TotalMicroseconds;
        log.RequestHandled(request.RequestId, model, model, endpoint.Namespace, endpoint.Name, endpoint.Address, tokens, matched, microseconds);
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
            Model = model,
            Pool = pool.Name,
            Endpoint = endpoint.Name,
            Address = endpoint.Address,
            Tokens = tokens,
            MatchedTokens = matched,
            DecisionMicroseconds = microseconds,
            Status = 200,
        });
    }

    public void Refused(PickRequest request, PoolRuntime? pool, InferenceRequest? inference, int status, Fault fault, Workspace work)
    {
        log.RequestRefused(request.RequestId, inference?.Model ?? "", status, fault);
        instruments.Refused(pool?.Name, status);
        decisions.Add(new Decision
        {
            Time = time.GetUtcNow(),
            RequestId = request.RequestId,
            Model = inference?.Model ?? "",
            Pool = pool?.Name ?? "",
            Tokens = work.Prompts.TotalTokens,
            DecisionMicroseconds = work.Clock.Total.TotalMicroseconds,
            Status = status,
        });
    }
}
