using OrleansKvRouter.Contracts.Sharing;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Sharing;

/// <summary>What this node has in flight, and what of it has changed since the last look. One thread at a time.</summary>
internal sealed class OwnLoads(PoolRegistry registry)
{
    private Dictionary<(string Endpoint, int? Rank), ReplicaLoad> _last = [];

    /// <summary>Looks at every endpoint, and at every rank where there are several.</summary>
    /// <param name="full">Whether all that have anything in flight are wanted, or those that changed.</param>
    public List<ReplicaLoad> Look(bool full)
    {
        var now = new Dictionary<(string, int?), ReplicaLoad>(_last.Count);
        var told = new List<ReplicaLoad>();
        foreach (var pool in registry.Pools)
        {
            foreach (var endpoint in pool.View.Endpoints)
            {
                Look(endpoint.SharedName, null, endpoint.Candidate.Load);
                if (endpoint.Ranks?.All is not { Length: > 1 } ranks) continue;
                foreach (var rank in ranks) Look(endpoint.SharedName, rank.Number, rank.Load);
            }
        }

        _last = now;
        return told;

        void Look(string endpoint, int? rank, EndpointLoad load)
        {
            if (load.Entered == 0) return;
            var before = _last.GetValueOrDefault((endpoint, rank));
            var seen = new ReplicaLoad(endpoint, rank, Math.Max(0, load.OwnRequests), Math.Max(0, load.OwnTokens), load.Entered, before?.Entered ?? 0);
            now[(endpoint, rank)] = seen;
            var changed = before is null || before.Entered != seen.Entered || before.Requests != seen.Requests || before.Tokens != seen.Tokens;
            if (changed || (full && seen.Requests > 0)) told.Add(seen);
        }
    }
}
