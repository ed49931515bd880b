namespace OrleansKvRouter.Scheduling.Model;

/// <summary>What another replica of the router has in flight at an endpoint.</summary>
/// <param name="Requests">Requests that it sent and that are not yet answered.</param>
/// <param name="Tokens">Their prompt tokens, less those expected to be cached.</param>
/// <param name="Entered">Requests that it ever sent there, at <paramref name="Said"/>.</param>
/// <param name="EnteredBefore">The same, at <paramref name="Since"/>.</param>
/// <param name="Said">When it said so, by this replica's clock.</param>
/// <param name="Since">When it last looked before that.</param>
public readonly record struct ReplicaShare(int Requests, long Tokens, long Entered, long EnteredBefore, TimeSpan Said, TimeSpan Since);

/// <summary>
/// What other replicas have in flight at one endpoint, as far as it is fresh. One writer; any number of readers, which see an
/// immutable row of shares.
/// <para>
/// A scrape counts what all replicas sent before it began. So of another replica's requests only those are unseen that it
/// certainly sent after that: from the first look of its that fell after the scrape's beginning. What it sent between
/// its last look before and that one is taken as seen: rather a request too few, until the next scrape, than one counted twice.
/// </para>
/// </summary>
internal sealed class OtherReplicas(LoadClock clock)
{
    private volatile Known[] _known = [];

    public long Tokens
    {
        get
        {
            var tokens = 0L;
            foreach (var known in _known) tokens += clock.IsFresh(known.Share.Said) ? known.Share.Tokens : 0;
            return tokens;
        }
    }

    public int Requests
    {
        get
        {
            var requests = 0;
            foreach (var known in _known) requests += clock.IsFresh(known.Share.Said) ? known.Share.Requests : 0;
            return requests;
        }
    }

    /// <summary>Requests that a scrape that began then cannot have counted.</summary>
    public int UnseenBy(TimeSpan scrape)
    {
        var unseen = 0;
        foreach (var known in _known)
        {
            if (known.Scrape != scrape || !clock.IsFresh(known.Share.Said)) continue;
            unseen += (int)Math.Clamp(known.Share.Entered - known.SeenByScrape, 0, known.Share.Requests);
        }

        return unseen;
    }

    /// <param name="replica">Who says so.</param>
    /// <param name="share">What it says.</param>
    /// <param name="scrape">When the last scrape began; null when there is none.</param>
    public void Hear(string replica, in ReplicaShare share, TimeSpan? scrape)
    {
        var known = _known;
        var at = Array.FindIndex(known, other => other.Replica == replica);
        var next = new Known(replica, share, null, 0);
        if (scrape is { } began && share.Said >= began)
        {
            var seen = at >= 0 && known[at].Scrape == began ? known[at].SeenByScrape
                : share.Since >= began ? share.EnteredBefore
                : share.Entered;
            next = next with { Scrape = began, SeenByScrape = seen };
        }

        _known = at < 0 ? [.. known, next] : [.. known[..at], next, .. known[(at + 1)..]];
    }

    public void Forget(string replica)
    {
        if (Array.Exists(_known, known => known.Replica == replica)) _known = Array.FindAll(_known, known => known.Replica != replica);
    }

    /// <param name="Replica">Who.</param>
    /// <param name="Share">What it said last.</param>
    /// <param name="Scrape">The scrape that <paramref name="SeenByScrape"/> belongs to; null when it said nothing since one.</param>
    /// <param name="SeenByScrape">How many of <see cref="ReplicaShare.Entered"/> are taken as counted by the scrape.</param>
    private sealed record Known(string Replica, ReplicaShare Share, TimeSpan? Scrape, long SeenByScrape);
}
