using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// The data-parallel ranks behind one endpoint: those that the policy tells of, and those that are heard besides. Each has
/// its own holders in the index, so that a prefix is never put together from the caches of two. Any thread may ask; ranks
/// are only added.
/// </summary>
internal sealed class EndpointRanks
{
    private readonly Lock _adding = new();
    private readonly Func<int, EngineRank> _open;
    private readonly Action<RoutedHolders> _forgetRouted;
    private volatile EngineRank[] _all;
    private bool _claimed;
    private bool _retired;

    /// <param name="first">The number of the first rank behind the endpoint.</param>
    /// <param name="count">Ranks that the policy tells of; at least 1.</param>
    /// <param name="open">Makes a rank.</param>
    /// <param name="forgetRouted">Forgets what a rank was just sent.</param>
    public EndpointRanks(int first, int count, Func<int, EngineRank> open, Action<RoutedHolders> forgetRouted)
    {
        (_open, _forgetRouted, Declared) = (open, forgetRouted, count);
        _all = [.. Enumerable.Range(first, count).Select(open)];
    }

    /// <summary>Ranks that the policy tells of.</summary>
    public int Declared { get; }

    /// <summary>All ranks; at least one.</summary>
    public EngineRank[] All => _all;

    /// <summary>
    /// Where a rank's events go; null once the endpoint is gone. Where the policy tells of one rank, the first that is heard is that
    /// one, whatever its number: a pod may be one rank of several pods.
    /// </summary>
    public FeedTarget? FeedOf(int number)
    {
        lock (_adding)
        {
            if (_retired) return null;
            var all = _all;
            if (Declared == 1 && !_claimed)
            {
                _claimed = true;
                _all = [all[0] with { Number = number }];
                return all[0].Feed;
            }

            if (Array.Find(all, rank => rank.Number == number) is { } known) return known.Feed;
            var added = _open(number);
            _all = [.. all, added];
            return added.Feed;
        }
    }

    /// <summary>The endpoint is gone. First the feeds, so that nothing is written to a holder after it was taken out.</summary>
    public void Retire()
    {
        lock (_adding) _retired = true;
        foreach (var rank in _all)
        {
            rank.Feed.Retire();
            rank.Feed.RemoveHolders();
            _forgetRouted(rank.Routed);
        }
    }
}
