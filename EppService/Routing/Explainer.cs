using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.Scheduling;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>Where a request would go and why, without sending it there: the same steps as a decision, told in full.</summary>
internal sealed class Explainer(PrefixFinder prefixes, IRoutingNews news, Scheduler scheduler)
{
    /// <param name="pool">The pool to place the request in.</param>
    /// <param name="path">The path that the request would have.</param>
    /// <param name="body">The OpenAI request.</param>
    /// <param name="withTokens">Whether the token ids are wanted.</param>
    /// <param name="cancellation">Ends the wait for a walk.</param>
    public async ValueTask<ExplainOutcome> ExplainAsync(
        PoolRuntime pool, string path, ReadOnlyMemory<byte> body, bool withTokens, CancellationToken cancellation)
    {
        if (RequestPaths.KindOf(path) is not { } kind)
            return new ExplainOutcome.Refused(400, new Fault($"requests to {path} are not tokenized", "use path=/v1/chat/completions, /v1/completions or /inference/v1/generate"), "path");
        if (!RequestParser.Parse(body, kind).Try(out var request, out var unread)) return new ExplainOutcome.Refused(400, unread);

        var work = new Workspace();
        var view = pool.View;
        work.Reset(view.Candidates.Length);
        news.Deciding();
        if (await prefixes.FindAsync(pool, view, request, work, cancellation) is { } unknown)
            return new ExplainOutcome.Refused(unknown is Unsupported ? 503 : 400, unknown);
        return new ExplainOutcome.Explained(Tell(pool, view, request, work, withTokens));
    }

    private ExplainResult Tell(PoolRuntime pool, PoolView view, InferenceRequest request, Workspace work, bool withTokens)
    {
        var scores = new EndpointScore[view.Candidates.Length];
        var shape = new SchedulingRequest { MatchedTokens = work.WeighedTokens, TrustFactors = work.TrustFactors, PromptTokens = work.Prompts.TotalTokens };
        var pick = scheduler.Explain(view.Candidates, shape, view.Spec.Policy, scores);
        pool.Tracking.Try(out var tracking, out _);
        return new ExplainResult
        {
            Pool = pool.Name,
            Model = request.Model,
            Scheme = tracking!.Scheme.Function.Name,
            BlockSize = tracking.BlockSize,
            TokenCount = work.Prompts.TotalTokens,
            TokenIds = withTokens ? work.Prompts.AllIds.ToArray() : null,
            BlockKeys = work.Keys.ToArray(),
            Endpoints = [.. view.Candidates.Select((candidate, i) => Tell(candidate.Endpoint.Name, candidate.Endpoint.Address, i, work, scores[i])).OrderByDescending(e => e.Score)],
            Picked = pick.Verdict == PickVerdict.Picked ? view.Candidates[pick.Index].Endpoint.Address : null,
        };
    }

    private static ExplainedEndpoint Tell(string name, string address, int i, Workspace work, in EndpointScore score) =>
        new(name, address, work.MatchedBlocks[i], work.MatchedTokens[i], score.Total, score.ByName())
        {
            TrustFactor = work.TrustFactors[i] is < 1 and var factor ? factor : null,
            SpeculativeBlocks = work.SpeculativeBlocks[i] is > 0 and var soon ? soon : null,
            Ranks = work.Ranks.Of(i).Length > 1 ? Tell(work.Ranks.Of(i)) : null,
            Rank = work.Ranks.Of(i).Length > 1 ? work.Ranks.ChosenOf(i)!.Number : null,
        };

    private static ExplainedRank[] Tell(ReadOnlySpan<RankMatch> ranks)
    {
        var told = new ExplainedRank[ranks.Length];
        for (var i = 0; i < told.Length; i++) told[i] = new ExplainedRank(ranks[i].Rank.Number, ranks[i].Blocks, ranks[i].Tokens);
        return told;
    }
}
