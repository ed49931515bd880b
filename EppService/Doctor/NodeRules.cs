using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.EppService.Doctor;

/// <summary>The node does not route.</summary>
internal sealed class NotReadyRule : IRule
{
    public IEnumerable<Finding> Check(Examination examination) =>
        examination.Node.NotReady.Select(reason => new Finding(true, "node", $"it is not ready: {reason}", "wait; if it stays so, look into its log"));
}

/// <summary>Resource documents are not accepted, so an older version is in force.</summary>
internal sealed class ResourceErrorRule : IRule
{
    public IEnumerable<Finding> Check(Examination examination) => examination.Node.ResourceErrors.Select(error =>
        new Finding(true, "node", $"not accepted since {error.Since:u}, the last good version is in force: {error.Message}", $"mend {error.Source}"));
}

/// <summary>A pool has nobody to route to.</summary>
internal sealed class EmptyPoolRule : IRule
{
    public IEnumerable<Finding> Check(Examination examination)
    {
        if (examination.Pools.Count == 0) yield return new Finding(true, "node", "it knows no InferencePool", "add one to the documents that -f names");
        foreach (var pool in examination.Pools.Where(pool => !pool.Endpoints.Any(endpoint => endpoint.Ready)))
        {
            yield return pool.Endpoints.Count == 0
                ? new Finding(true, pool.Name, "no pod matches its selector", "label the pods as the pool's spec.selector says")
                : new Finding(true, pool.Name, "none of its pods is Ready", "wait for the engines, or see why their readiness probes fail");
        }
    }
}

/// <summary>A pool is routed by load although it has a policy: model files that are missing, a setting that cannot be followed.</summary>
internal sealed class RoutedByLoadRule : IRule
{
    public IEnumerable<Finding> Check(Examination examination) =>
        from pool in examination.Pools
        where !pool.Routing.Precise
        select new Finding(
            pool.Policy.Mode != PrefixCacheMode.Off,
            pool.Name,
            $"prefixes do not count in its routing: {pool.Routing.Cause}",
            pool.Policy.Mode == PrefixCacheMode.Off ? "add an InferenceTrafficPolicy with prefixCache.mode: tracking" : "do what the cause says");
}

/// <summary>Snapshots are not written, or were not fit to go on from.</summary>
internal sealed class SnapshotRule : IRule
{
    private const double LeastWorryingSeconds = 60;
    private const int IntervalsPerWorry = 10;

    public IEnumerable<Finding> Check(Examination examination)
    {
        foreach (var pool in examination.Pools)
        {
            if (pool.Snapshot is not { } snapshot) continue;
            var limit = Math.Max(LeastWorryingSeconds, snapshot.IntervalSeconds * IntervalsPerWorry);
            if (snapshot.Fault is { } fault) yield return new Finding(true, pool.Name, $"its snapshots fail, so a restart would go on from an older one: {fault}", $"see to the space and the rights in {snapshot.Place}");
            else if (snapshot.AgeSeconds > limit) yield return new Finding(true, pool.Name, $"its last snapshot is {snapshot.AgeSeconds:0} s old, though one is due every {snapshot.IntervalSeconds:0.#} s", $"see whether {snapshot.Place} is slow, or raise --snapshot-interval");
            foreach (var aside in snapshot.Loaded?.SetAside ?? []) yield return new Finding(false, pool.Name, $"at its start {aside}", "nothing: what is missing was learnt from the engines; delete the file when you have looked into it");
        }
    }
}
