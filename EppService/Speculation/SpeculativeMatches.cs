using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Scheduling;

namespace OrleansKvRouter.EppService.Speculation;

/// <summary>
/// What endpoints will hold once they have computed what they were just sent. Between a decision and the engine's event lies the prefill, up
/// to seconds; a second request with the same prefix is drawn to the same endpoint all the same. Only scores know of it: what is
/// predicted to be cached is what the index alone says. Requests with several prompts are left alone.
/// </summary>
internal sealed class SpeculativeMatches(TimeProvider time, IRoutingNews news)
{
    /// <summary>Blocks of one request that are kept: 64,000 tokens in blocks of 16.</summary>
    public const int MaxKeys = 4096;

    /// <summary>Different lengths of the index's matches that are gone on from; what is beyond is not speculated on.</summary>
    private const int MaxStarts = 16;

    /// <summary>Lengthens the matches of the ranks that were sent more of the prompt than they hold, each from where its own match ends.</summary>
    /// <param name="view">The pool.</param>
    /// <param name="tracking">The pool's.</param>
    /// <param name="keys">The prompt's keys, in the form of most engines.</param>
    /// <param name="eras">The ranks whose keys these are.</param>
    /// <param name="work">The decision; its matches are the index's for these keys.</param>
    public void Extend(PoolView view, PrefixTracking tracking, ReadOnlySpan<BlockKey> keys, in KeyEras.Group eras, Workspace work)
    {
        var config = view.Spec.Policy.Speculation;
        if (config.Weight == 0 || work.Prompts.Count != 1) return;
        var ranks = work.Ranks.Looked;
        foreach (ref var match in ranks)
        {
            if (eras.Has(match.Rank)) match = match with { Start = ReachOf(work.Matches, match.Rank.Feed) };
        }

        var alive = tracking.Routed.Alive(Now, Hold(view));
        if (alive == 0) return;
        Span<int> starts = stackalloc int[MaxStarts];
        var count = 0;
        foreach (ref readonly var match in ranks)
        {
            var start = match.Start;
            if (start < 0 || start >= keys.Length || starts[..count].Contains(start)) continue;
            if (count == MaxStarts) return;
            starts[count++] = start;
            tracking.Routed.Walk(keys[start..], work.RoutedMatches);
            if (!work.RoutedMatches.Holders.IsEmpty) Extend(ranks, start, alive, config.Weight, tracking.BlockSize, work);
        }
    }

    /// <summary>Keeps where a request was routed, and tells other replicas when that is new.</summary>
    /// <param name="view">The pool.</param>
    /// <param name="tracking">The pool's.</param>
    /// <param name="endpoint">The picked endpoint's number in the view.</param>
    /// <param name="named">The rank that is named to it; null where the engine chooses, which then may be any.</param>
    /// <param name="work">The decision.</param>
    public void Keep(PoolView view, PrefixTracking tracking, int endpoint, EngineRank? named, Workspace work)
    {
        if (work.Ranks.ChosenOf(endpoint) is not { } chosen) return;
        var added = 0;
        var told = ReadOnlySpan<BlockKey>.Empty;
        foreach (ref readonly var match in work.Ranks.Of(endpoint))
        {
            if (match.Start < 0 || match.Start >= work.KeyCount || (named is not null && !ReferenceEquals(match.Rank, named))) continue;
            var keys = work.Keys[match.Start..Math.Min(work.KeyCount, match.Start + MaxKeys)];
            added += tracking.Routed.Add(match.Rank.Routed, keys, work.RoutedMatches, Now, Hold(view));
            if (ReferenceEquals(match.Rank, chosen)) told = keys;
        }

        if (work.SpeculativeBlocks[endpoint] > 0) tracking.Routed.CountAttracted();
        // An only rank has the number that it was heard under, which another replica may not have heard yet.
        var number = work.Ranks.Of(endpoint).Length > 1 ? named?.Number : null;
        if (added > 0) news.Routed(view.Endpoints[endpoint].SharedName, number, told);
    }

    private TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>How long what was routed counts in a pool.</summary>
    public static TimeSpan Hold(PoolView view) => TimeSpan.FromMilliseconds(view.Spec.Policy.Speculation.HoldMilliseconds);

    private static void Extend(Span<RankMatch> ranks, int start, uint alive, double weight, int blockSize, Workspace work)
    {
        foreach (ref var match in ranks)
        {
            if (match.Start != start || RoutedPrefixes.BlocksOf(match.Rank.Routed, work.RoutedMatches, alive) is not (> 0 and var more)) continue;
            var ownBlock = match.Rank.Feed.KeysPerBlock;
            var usable = UsablePrefix.Tokens((start + more) / ownBlock, blockSize * ownBlock, work.Prompts.TotalTokens);
            match = match with { Speculative = start + more, Weighed = match.Weighed + (int)(weight * Math.Max(0, usable - match.Tokens)) };
        }
    }

    /// <summary>Leading blocks in whichever tier has most: the engine goes on from there.</summary>
    private static int ReachOf(PrefixMatches found, FeedTarget feed)
    {
        var reach = 0;
        for (var tier = Tier.Gpu; tier <= Tier.Disk; tier++)
        {
            if (feed.HolderOf(tier) is { } holder) reach = Math.Max(reach, found.BlocksOf(holder));
        }

        return reach;
    }
}
