using System.Collections.Concurrent;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.Scheduling;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>The node's decision: one request in, the endpoint that it should go to out. Any thread may call it.</summary>
internal sealed class RequestRouter(
    PoolSelector selector, PrefixFinder prefixes, SpeculativeMatches speculation, IRoutingNews news, Scheduler scheduler, DecisionReport report) : IEndpointPicker
{
    private readonly ConcurrentBag<Workspace> _workspaces = [];

    /// <inheritdoc/>
    public async ValueTask<PickOutcome> PickAsync(PickRequest request, CancellationToken cancellation)
    {
        if (!_workspaces.TryTake(out var work)) work = new Workspace();
        work.Clock.Start();
        var outcome = await DecideAsync(request, work, cancellation);
        _workspaces.Add(work);
        return outcome;
    }

    private async ValueTask<PickOutcome> DecideAsync(PickRequest request, Workspace work, CancellationToken cancellation)
    {
        // 1. What is asked for. Of a body on another path only the model matters.
        InferenceRequest? inference = null;
        Fault? unread = null;
        string? model = null;
        if (request.Body is { } body)
        {
            if (RequestPaths.KindOf(request.Path) is { } kind) RequestParser.Parse(body, kind).Try(out inference, out unread);
            model = inference?.Model ?? ModelField.Read(body.Span);
        }

        work.Clock.Mark(Stage.Parse);

        // 2. Whose it is.
        work.Reset(endpoints: 0);
        if (!selector.Select(model).Try(out var pool, out var noPool))
        {
            if (unread is not null and not Unsupported) return Refuse(400, unread);
            return Refuse(selector.HasPools ? 400 : 503, noPool);
        }

        // 3. What every endpoint holds of it. A body that must be read for that and cannot is its sender's fault.
        var view = pool.View;
        work.Reset(view.Candidates.Length);
        news.Deciding();
        var unknown = unread ?? await prefixes.FindAsync(pool, view, inference, work, cancellation);
        if (unknown is not null and not Unsupported && pool.IsPrecise) return Refuse(400, unknown);

        // 4. The pick. It counts against its endpoint before the next request is placed.
        var shape = new SchedulingRequest
        {
            MatchedTokens = work.WeighedTokens,
            TrustFactors = work.TrustFactors,
            PromptTokens = work.Prompts.TotalTokens,
            Subset = request.Subset is null ? null : new EndpointSubset(request.Subset),
        };
        var pick = scheduler.Pick(view.Candidates, shape, view.Spec.Policy);
        work.Clock.Mark(Stage.Score);
        switch (pick.Verdict)
        {
            case PickVerdict.Overloaded: return Refuse(429, Faults.Overloaded(pool));
            case PickVerdict.NoEndpoint: return Refuse(503, Faults.NoEndpoint(pool, request.Subset));
        }

        var chosen = view.Candidates[pick.Index];
        var matched = work.MatchedTokens[pick.Index];
        // vLLM reports the cached tokens of a batch's last prompt only, so there is nothing to hold a batch against.
        var judged = unknown is null && work.Prompts.Count == 1 && !inference!.ComputesWholePrompt;
        var ranks = view.Endpoints[pick.Index].Ranks;
        var rank = work.Ranks.ChosenOf(pick.Index);
        // Where nothing is held the engine's own balancer knows better which rank is free.
        var named = ranks is { Declared: > 1 } && matched > 0 && view.Spec.Policy.DataParallel.SelectedBy == RankSelection.Router ? rank : null;
        var judging = judged && (named is not null || ranks is { All.Length: 1 }) ? rank?.Predictions : null;
        var lease = new InFlight(chosen.Load, named?.Load, work.Prompts.TotalTokens, matched, judging);
        if (unknown is null) speculation.Keep(view, pool.Tracking.Value!, pick.Index, ranks is { All.Length: 1 } ? rank : named, work);
        report.Picked(request, pool, model, chosen.Endpoint, named?.Number, work, matched, unknown);
        return new PickOutcome.Picked(chosen.Endpoint.Address, lease) { Rank = named?.Number };

        PickOutcome.Refused Refuse(int status, Fault fault)
        {
            report.Refused(request, pool, model, status, fault, work);
            return new PickOutcome.Refused(status, fault);
        }
    }
}
