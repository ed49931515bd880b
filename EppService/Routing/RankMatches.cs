using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>What one data-parallel rank holds of a request, summed over its prompts.</summary>
/// <param name="Rank">The rank.</param>
/// <param name="Blocks">Leading blocks on the GPU.</param>
/// <param name="Tokens">Tokens that it need not compute.</param>
/// <param name="Weighed">The same tokens, each worth what the policy says of its tier, and what speculation adds.</param>
internal readonly record struct RankMatch(EngineRank Rank, int Blocks, int Tokens, int Weighed)
{
    /// <summary>Leading blocks in any tier, from which speculation goes on; negative where it does not.</summary>
    public int Start { get; init; } = -1;

    /// <summary>Leading blocks that it is expected to hold soon; 0 where that is no more than it holds.</summary>
    public int Speculative { get; init; }
}

/// <summary>
/// What every rank of every endpoint holds of a request, and the rank that stands for its endpoint. Caches of two ranks
/// are never put together: a request is computed by one. One decision uses it at a time; nothing is allocated once it has grown.
/// </summary>
internal sealed class RankMatches
{
    /// <summary>Tokens in flight below which ranks count as equally busy, as with endpoints.</summary>
    private const double LittleInFlight = 8192;

    private RankMatch[] _matches = new RankMatch[16];
    private int[] _ends = new int[16];
    private EngineRank?[] _chosen = new EngineRank?[16];
    private int _endpoints;

    /// <summary>Forgets the last request.</summary>
    public void Reset() => _endpoints = 0;

    /// <summary>Takes the ranks of all endpoints as they are now.</summary>
    public void Start(PoolView view)
    {
        _endpoints = view.Endpoints.Count;
        if (_ends.Length < _endpoints) (_ends, _chosen) = (new int[_endpoints * 2], new EngineRank?[_endpoints * 2]);
        var count = 0;
        for (var i = 0; i < _endpoints; i++)
        {
            foreach (var rank in view.Endpoints[i].Ranks!.All)
            {
                if (count == _matches.Length) Array.Resize(ref _matches, count * 2);
                _matches[count++] = new RankMatch(rank, 0, 0, 0);
            }

            _ends[i] = count;
        }
    }

    /// <summary>Every rank of every endpoint.</summary>
    public ReadOnlySpan<RankMatch> All => Looked;

    /// <summary>The same, to be added to.</summary>
    internal Span<RankMatch> Looked => _matches.AsSpan(0, _endpoints == 0 ? 0 : _ends[_endpoints - 1]);

    /// <summary>Adds what a walk found of one prompt, to the ranks that the walk's keys are those of.</summary>
    public void Add(PrefixMatches found, TierWeights weights, int blockSize, int tokens, in KeyEras.Group eras)
    {
        foreach (ref var match in Looked)
        {
            if (!eras.Has(match.Rank)) continue;
            var reach = TierReach.Of(found, match.Rank.Feed.Holder, match.Rank.Feed, blockSize, tokens);
            match = match with { Blocks = match.Blocks + reach.GpuBlocks, Tokens = match.Tokens + reach.Disk, Weighed = match.Weighed + reach.Weigh(weights) };
        }
    }

    /// <summary>
    /// Chooses a rank for every endpoint: the one that holds most, as far as it is believed. Where the router tells the engine
    /// which one to use, what it has sent there already counts against it, or all that share a beginning would go to one.
    /// </summary>
    public void Choose(TrafficPolicy policy, int promptTokens, Workspace work)
    {
        for (var i = 0; i < _endpoints; i++)
        {
            var ranks = Of(i);
            var (chosen, best, bestFactor) = (0, double.NegativeInfinity, 1.0);
            var busiest = policy.DataParallel.SelectedBy == RankSelection.Router && ranks.Length > 1 ? Busiest(ranks) : 0;
            for (var r = 0; r < ranks.Length; r++)
            {
                var factor = TrustFactor(ranks[r].Rank.Feed, policy.Trust);
                var score = policy.Weights.Prefix * ranks[r].Weighed * factor / Math.Max(1, promptTokens);
                if (busiest > 0) score -= policy.Weights.InFlightTokens * ranks[r].Rank.Load.InFlightTokens / busiest;
                if (score > best) (chosen, best, bestFactor) = (r, score, factor);
            }

            var match = ranks[chosen];
            _chosen[i] = match.Rank;
            (work.MatchedBlocks[i], work.MatchedTokens[i], work.WeighedTokens[i]) = (match.Blocks, match.Tokens, match.Weighed);
            (work.SpeculativeBlocks[i], work.TrustFactors[i]) = (match.Speculative, bestFactor);
        }
    }

    /// <summary>What an endpoint's ranks hold; empty where nothing was looked up.</summary>
    public ReadOnlySpan<RankMatch> Of(int endpoint)
    {
        if (endpoint >= _endpoints) return [];
        var start = endpoint == 0 ? 0 : _ends[endpoint - 1];
        return _matches.AsSpan(start, _ends[endpoint] - start);
    }

    /// <summary>The rank that stands for an endpoint; null where nothing was looked up.</summary>
    public EngineRank? ChosenOf(int endpoint) => endpoint < _endpoints ? _chosen[endpoint] : null;

    private static double Busiest(ReadOnlySpan<RankMatch> ranks)
    {
        var most = LittleInFlight;
        foreach (ref readonly var match in ranks) most = Math.Max(most, match.Rank.Load.InFlightTokens);
        return most;
    }

    /// <summary>
    /// Where something is known to be wrong, part of the match. <see cref="TrustState.Unverified"/> counts in full: nothing
    /// speaks against it, and blocks under other hashes than the pool's would not have matched at all.
    /// </summary>
    private static double TrustFactor(FeedTarget feed, TrustConfig trust) =>
        feed.Standing.State is TrustState.Stale or TrustState.Recovering ? trust.StaleFactor : 1;
}
