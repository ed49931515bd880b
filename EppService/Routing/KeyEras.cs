using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>
/// How the engines of a pool form extra keys. Releases differ in it, so that a request with an adapter or an image has other block keys on
/// one than on another; while a fleet is upgraded both are looked up, each for the engines whose they are.
/// </summary>
internal static class KeyEras
{
    private static readonly ExtraKeyEra[] NewestFirst = [ExtraKeyEra.Paired, ExtraKeyEra.Bare, ExtraKeyEra.Numbered];

    /// <summary>The era that the policy names; null where it leaves that to the engines.</summary>
    public static ExtraKeyEra? Named(string extraKeys) => extraKeys switch
    {
        "v0.19" => ExtraKeyEra.Paired,
        "v0.11.1" => ExtraKeyEra.Bare,
        "v0.10" => ExtraKeyEra.Numbered,
        _ => null,
    };

    /// <summary>
    /// The groups of ranks that form a request's extra keys alike, the largest first; one group of all where the request has none, or
    /// the policy says whose rules apply. An engine that does not show its era counts with the newest that another shows.
    /// </summary>
    public static Group[] Of(string policy, in KeyExtras extras, ReadOnlySpan<RankMatch> ranks)
    {
        if (Named(policy) is { } named) return [new Group(named, null, IsAll: true)];
        if (extras.LoraName is null && extras.Items.IsEmpty) return Group.Everyone;
        Span<int> counts = stackalloc int[NewestFirst.Length];
        var unknown = 0;
        foreach (ref readonly var match in ranks)
        {
            if (match.Rank.Feed.Status.ExtraKeys is { } era) counts[(int)era]++;
            else unknown++;
        }

        var newest = NewestFirst[0];
        foreach (var era in NewestFirst)
        {
            if (counts[(int)era] == 0) continue;
            newest = era;
            break;
        }

        counts[(int)newest] += unknown;
        var groups = new List<Group>(NewestFirst.Length);
        foreach (var era in NewestFirst)
        {
            if (counts[(int)era] > 0 || (era == newest && groups.Count == 0)) groups.Add(new Group(era, newest, IsAll: false));
        }

        var sizes = counts.ToArray();
        return [.. groups.OrderByDescending(group => sizes[(int)group.Era])];
    }

    /// <summary>Ranks that form extra keys alike.</summary>
    /// <param name="Era">How.</param>
    /// <param name="Assumed">What is taken of a rank that does not show it.</param>
    /// <param name="IsAll">Whether all ranks belong to it, whatever they show.</param>
    public readonly record struct Group(ExtraKeyEra Era, ExtraKeyEra? Assumed, bool IsAll)
    {
        /// <summary>For requests without extra keys that releases form differently.</summary>
        public static Group[] Everyone { get; } = [new Group(ExtraKeyEra.Paired, null, IsAll: true)];

        public bool Has(EngineRank rank) => IsAll || (rank.Feed.Status.ExtraKeys ?? Assumed) == Era;
    }
}
