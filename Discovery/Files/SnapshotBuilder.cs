using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Documents;
using OrleansKvRouter.Discovery.Yaml;

namespace OrleansKvRouter.Discovery.Files;

/// <summary>Puts documents together: pool, its policy, its pods. Reports documents that contradict each other.</summary>
internal static class SnapshotBuilder
{
    public static ResourceSnapshot Build(IReadOnlyList<ResourceDocument> documents, IssueList issues)
    {
        ReportTwins(documents);
        var pods = documents.OfType<PodDocument>().ToLookup(pod => pod.Metadata.Namespace, StringComparer.Ordinal);
        var policies = documents.OfType<PolicyDocument>().ToLookup(policy => (policy.Metadata.Namespace, policy.PoolName));
        var pools = documents.OfType<PoolDocument>().ToArray();
        ReportStrays(policies, pools);
        if (pools.Length == 0 && issues.Errors.Count == 0)
        {
            issues.Warnings.Add(new ResourceIssue { File = "resources", What = "no InferencePool in any file: there is nothing to route to" });
        }

        return new ResourceSnapshot([
            .. pools.Select(pool => Join(pool, policies[(pool.Metadata.Namespace, pool.Metadata.Name)], pods[pool.Metadata.Namespace]))
                .OrderBy(pool => pool.Namespace, StringComparer.Ordinal).ThenBy(pool => pool.Name, StringComparer.Ordinal)]);
    }

    private static PoolSpec Join(PoolDocument pool, IEnumerable<PolicyDocument> policies, IEnumerable<PodDocument> pods)
    {
        var matching = pods.Where(pod => pod.Ip is not null && Matches(pool.Selector, pod.Metadata.Labels))
            .OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal).ToArray();
        ReportSharedAddresses(matching);
        return new PoolSpec
        {
            Namespace = pool.Metadata.Namespace,
            Name = pool.Metadata.Name,
            TargetPorts = pool.TargetPorts,
            Selector = pool.Selector,
            Policy = policies.FirstOrDefault()?.Policy ?? TrafficPolicy.Default,
            Endpoints = [.. matching.SelectMany(pod => pool.TargetPorts.Select((port, rank) => Endpoint(pod, port, rank)))],
        };
    }

    private static EndpointSpec Endpoint(PodDocument pod, int port, int rank) =>
        new(pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid, pod.Ip!, port, rank, pod.Metadata.Labels, pod.Ready);

    private static bool Matches(IReadOnlyDictionary<string, string> selector, IReadOnlyDictionary<string, string> labels) =>
        selector.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    private static void ReportTwins(IReadOnlyList<ResourceDocument> documents) =>
        ReportRepeats(
            documents.Where(document => document.Metadata.Name.Length > 0),
            document => (document.Kind, document.Metadata.Namespace, document.Metadata.Name),
            "metadata.name",
            first => $"the same kind, namespace and name as {first.Scope.Refer(first.At)}; remove one of them");

    private static void ReportSharedAddresses(IReadOnlyList<PodDocument> pods) =>
        ReportRepeats(pods, pod => pod.Ip, "status.podIP", first => $"the same address as {first.Scope.Refer(first.At)} in the same pool; an endpoint is known by its address");

    private static void ReportStrays(ILookup<(string Namespace, string PoolName), PolicyDocument> policies, PoolDocument[] pools)
    {
        foreach (var ((ns, name), group) in policies.Select(group => (group.Key, Documents: group)))
        {
            if (name.Length == 0) continue;
            ReportRepeats(group, _ => 0, "spec.poolRef.name", first => $"{first.Scope.Refer(first.At)} is already the policy of pool \"{name}\"; a pool has one");
            if (pools.Any(pool => pool.Metadata.Namespace == ns && pool.Metadata.Name == name)) continue;
            var near = pools.Where(pool => pool.Metadata.Namespace == ns).Select(pool => pool.Metadata.Name).FirstOrDefault(pool => NearestName.IsNear(name, pool));
            var hint = near is null ? "" : $"; did you mean \"{near}\"?";
            foreach (var policy in group) policy.Scope.Warn(policy.At, "spec.poolRef.name", $"there is no InferencePool \"{name}\" in namespace {ns}, so the policy has no effect{hint}");
        }
    }

    /// <summary>Reports every document but the first of those that have the same key.</summary>
    private static void ReportRepeats<T, TKey>(IEnumerable<T> documents, Func<T, TKey> key, string field, Func<T, string> what)
        where T : ResourceDocument
    {
        foreach (var group in documents.GroupBy(key).Select(group => group.ToArray()))
        {
            foreach (var repeat in group.Skip(1)) repeat.Scope.Error(repeat.At, field, what(group[0]));
        }
    }
}
