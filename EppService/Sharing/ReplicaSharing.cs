using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Sharing;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Sharing;

/// <summary>
/// Where replicas of the router meet, whatever carries their words: <see cref="Look"/> gives what this one has to tell, <see cref="Hear"/>
/// takes what another told. Whoever carries looks often (10 times a second), tells what is not empty, and asks for everything
/// at least twice within <see cref="SharingOptions.Bound"/>, because what was said before that counts no more.
/// </summary>
internal sealed class ReplicaSharing(PoolRegistry registry, SharingOptions options, TimeProvider time) : IRoutingNews
{
    private readonly LoadClock _clock = new(time, options.Bound);
    private readonly RoutedQueue _routed = new(options.MaxWaitingKeys);
    private readonly OwnLoads _own = new(registry);
    private readonly EndpointNames _names = new(registry);
    private readonly PrefixMatches _scratch = new();
    private readonly Lock _looking = new();
    private readonly Lock _hearing = new();
    private TimeSpan? _lastLook;
    private long _heard;

    /// <summary>Prefixes that nobody fetched in time.</summary>
    public long RoutedDropped => _routed.Dropped;

    /// <summary>What others told, each time.</summary>
    public long Heard => Volatile.Read(ref _heard);

    /// <inheritdoc/>
    public void Deciding() => _clock.Refresh();

    /// <inheritdoc/>
    public void Routed(string endpoint, int? rank, ReadOnlySpan<BlockKey> keys) => _routed.Add(endpoint, rank, keys);

    /// <summary>What is new since the last look; or all loads that are not nothing, and what is new.</summary>
    public ReplicaNews Look(bool full)
    {
        lock (_looking)
        {
            var now = time.GetElapsedTime(0);
            var since = _lastLook is { } last ? now - last : TimeSpan.MaxValue;
            _lastLook = now;
            return new ReplicaNews { Replica = options.Replica, IsFull = full, SinceLast = since, Loads = _own.Look(full), Prefixes = _routed.TakeAll() };
        }
    }

    /// <summary>Takes over what another replica says. One's own words, and endpoints that are not known here, are passed over.</summary>
    /// <param name="news">What it says; of one replica in the order in which it said so.</param>
    /// <param name="age">How long ago it said so, as far as the carrier knows.</param>
    public void Hear(ReplicaNews news, TimeSpan age = default)
    {
        if (news.Replica == options.Replica) return;
        lock (_hearing)
        {
            _clock.Refresh();
            var said = _clock.Now - age;
            var since = news.SinceLast > said ? TimeSpan.MinValue : said - news.SinceLast;
            var names = _names.Current;
            if (news.IsFull) ForgetUnnamed(news);
            foreach (var load in news.Loads)
            {
                if (!names.TryGetValue(load.Endpoint, out var named) || LoadOf(named.Endpoint, load.Rank) is not { } here) continue;
                here.Hear(_clock, news.Replica, new ReplicaShare(load.Requests, load.Tokens, load.Entered, load.EnteredBefore, said, since));
            }

            foreach (var prefix in news.Prefixes)
            {
                if (names.TryGetValue(prefix.Endpoint, out var named)) Expect(named, prefix);
            }

            Volatile.Write(ref _heard, _heard + 1);
        }
    }

    /// <summary>A replica is gone: what it had in flight counts no more.</summary>
    public void Forget(string replica)
    {
        lock (_hearing)
        {
            foreach (var named in _names.Current.Values) Forget(named.Endpoint, replica);
        }
    }

    private static EndpointLoad? LoadOf(EndpointRuntime endpoint, int? rank) =>
        rank is null ? endpoint.Candidate.Load : Array.Find(endpoint.Ranks?.All ?? [], each => each.Number == rank)?.Load;

    private static void Forget(EndpointRuntime endpoint, string replica)
    {
        endpoint.Candidate.Load.Forget(replica);
        foreach (var rank in endpoint.Ranks?.All ?? []) rank.Load.Forget(replica);
    }

    private void ForgetUnnamed(ReplicaNews news)
    {
        var told = news.Loads.Select(load => load.Endpoint).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, named) in _names.Current)
        {
            if (!told.Contains(name)) Forget(named.Endpoint, news.Replica);
        }
    }

    /// <summary>A prefix that another has routed counts here as one of this node's own. Where no rank was named it may be any.</summary>
    private void Expect(NamedEndpoint named, RoutedPrefix prefix)
    {
        if (named.Tracking is not { } tracking || named.View.Spec.Policy.Speculation.Weight == 0) return;
        var keys = prefix.Keys.Span[..Math.Min(prefix.Keys.Length, SpeculativeMatches.MaxKeys)];
        foreach (var rank in named.Endpoint.Ranks?.All ?? [])
        {
            if (prefix.Rank is null || rank.Number == prefix.Rank) tracking.Routed.Add(rank.Routed, keys, _scratch, time.GetElapsedTime(0), SpeculativeMatches.Hold(named.View));
        }
    }
}
