using System.Text.Json;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Discovery.Watching;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.EppService.Snapshots;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.EppService.Node;

/// <summary>The running node as the admin API tells of it.</summary>
internal sealed class NodeView(
    NodeOptions options, PoolRegistry registry, PoolSelector selector, Explainer explainer, Readiness readiness, ResourceWatcher resources, SnapshotService snapshots) : INodeView
{
    private static readonly TrustStatus Untracked = new("unverified", "the pool does not track its engines' caches");

    /// <inheritdoc/>
    public IReadOnlyList<string> NotReady => readiness.Reasons;

    /// <inheritdoc/>
    public string Events => options.Events;

    /// <inheritdoc/>
    public IReadOnlyList<ResourceError> ResourceErrors
    {
        get
        {
            var state = resources.State;
            return [.. state.Errors.Select(issue => new ResourceError(issue.File, issue.ToString(), state.ReadAt))];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<PoolStatus> Pools => [.. registry.Pools.Select(Tell)];

    /// <inheritdoc/>
    public async ValueTask<ExplainOutcome> ExplainAsync(ExplainQuery query, CancellationToken cancellation) =>
        selector.ByName($"{query.Namespace}/{query.Pool}").Try(out var pool, out var gone)
            ? await explainer.ExplainAsync(pool, query.Path, query.Body, query.WithTokens, cancellation)
            : new ExplainOutcome.Refused(404, gone, "pool");

    private PoolStatus Tell(PoolRuntime pool)
    {
        var view = pool.View;
        var precise = pool.Tracking.Try(out var tracking, out _);
        var statistics = precise ? tracking!.Index.Statistics : default;
        return new PoolStatus
        {
            Namespace = view.Spec.Namespace,
            Name = view.Spec.Name,
            Policy = view.Spec.Policy,
            Scheme = precise ? tracking!.Scheme.Function.Name : null,
            SchemeSource = precise ? tracking!.Scheme.Source.ToString().ToLowerInvariant() : null,
            Routing = new RoutingStatus(pool.ByLoad is null, pool.ByLoad?.ToString() ?? ""),
            Index = new IndexStatus(statistics.Blocks, statistics.Memberships, statistics.Bytes),
            Snapshot = snapshots.StatusOf(pool),
            Endpoints = [.. view.Endpoints.Select(Tell)],
        };
    }

    private static EndpointStatus Tell(EndpointRuntime endpoint)
    {
        var load = endpoint.Candidate.Load;
        var metrics = load.Metrics;
        var ranks = endpoint.Ranks?.All ?? [];
        return new EndpointStatus
        {
            Name = endpoint.Spec.Name,
            Address = endpoint.Spec.Address,
            Ready = endpoint.Spec.Ready,
            Load = new LoadStatus(metrics?.Waiting, metrics?.Running, metrics?.KvCacheUsage, load.OwnTokens, load.OwnRequests)
            {
                OthersTokens = load.InFlightTokens - load.OwnTokens is > 0 and var tokens ? tokens : null,
                OthersRequests = load.InFlightRequests - load.OwnRequests is > 0 and var requests ? requests : null,
            },
            BlocksHeld = endpoint.BlocksHeld,
            Cursor = ranks.Select(rank => rank.Feed.Status.Cursor).DefaultIfEmpty(-1).Max(),
            Lost = ranks.Sum(rank => rank.Feed.Status.Lost),
            Batches = ranks.Sum(rank => rank.Feed.Status.Batches),
            Predictions = endpoint.Predictions is { } predictions ? Tell(predictions) : null,
            Replayed = ranks.Sum(rank => rank.Feed.Status.Replayed),
            Purges = ranks.Sum(rank => rank.Feed.Status.Purges),
            Wire = ranks.Select(rank => Tell(rank.Feed.Status.Wire)).FirstOrDefault(wire => wire is not null),
            Trust = endpoint.Standing is { } standing ? Tell(standing) : Untracked,
            Ranks = ranks.Length > 1 ? [.. ranks.OrderBy(rank => rank.Number).Select(Tell)] : null,
        };
    }

    private static RankStatus Tell(EngineRank rank)
    {
        var (feed, status) = (rank.Feed, rank.Feed.Status);
        return new RankStatus(rank.Number, feed.BlocksHeld, status.Cursor, status.Batches, status.Lost, Tell(feed.Standing));
    }

    private static TrustStatus Tell(EngineTrust trust) =>
        new(trust.State.ToString().ToLowerInvariant(), trust.Cause, trust.Since) { Differs = trust.Differs, Incomplete = trust.IsIncomplete };

    private static WireStatus? Tell(WireForm wire) =>
        wire.IsKnown ? new WireStatus(wire.Era, JsonNamingPolicy.CamelCase.ConvertName(wire.Hashes.ToString())) : null;

    private static PredictionStatus Tell(PredictionTotals totals) => new()
    {
        Judged = totals.Judged,
        Right = totals.Right,
        PredictedTokens = totals.Predicted,
        ReportedTokens = totals.Reported,
        OverTokens = totals.Over,
        UnderTokens = totals.Under,
        Unreported = totals.Unreported,
        Miscounted = totals.Miscounted,
        Contradictions = totals.Contradictions,
    };
}
