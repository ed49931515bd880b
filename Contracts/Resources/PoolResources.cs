namespace OrleansKvRouter.Contracts.Resources;

/// <summary>
/// Everything the resource documents say at one moment: immutable, published as a whole. Whoever holds one sees
/// one consistent picture.
/// </summary>
/// <param name="Pools">The pools, ordered by namespace and name.</param>
public sealed record ResourceSnapshot(IReadOnlyList<PoolSpec> Pools)
{
    public static ResourceSnapshot Empty { get; } = new([]);
}

/// <summary>One InferencePool with the policy that refers to it and the endpoints that its selector matches.</summary>
public sealed record PoolSpec
{
    public required string Namespace { get; init; }

    /// <summary>The pool's name, which <c>--pool</c> and the admin API use.</summary>
    public required string Name { get; init; }

    /// <summary>Port(s) that engines serve HTTP on; at least one. One endpoint per pod and port.</summary>
    public required IReadOnlyList<int> TargetPorts { get; init; }

    /// <summary>Labels a pod must have, all of them.</summary>
    public required IReadOnlyDictionary<string, string> Selector { get; init; }

    /// <summary>The policy for the pool, or the defaults where no document refers to the pool.</summary>
    public required TrafficPolicy Policy { get; init; }

    /// <summary>Endpoints of matching pods, Ready or not, ordered by name.</summary>
    public required IReadOnlyList<EndpointSpec> Endpoints { get; init; }
}

/// <summary>One engine that requests can be sent to: a pod at one target port.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Uid">The pod's <c>metadata.uid</c>, empty in files that have none: a new uid is a new engine with an empty cache.</param>
/// <param name="Ip">The pod's <c>status.podIP</c>.</param>
/// <param name="Port">The HTTP port.</param>
/// <param name="Rank">Data-parallel rank: the position of the port in the pool's target ports.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Ready">The pod's Ready condition is True and it is not being deleted.</param>
public sealed record EndpointSpec(
    string Namespace, string Name, string Uid, string Ip, int Port, int Rank, IReadOnlyDictionary<string, string> Labels, bool Ready)
{
    /// <summary><c>ip:port</c> (an IPv6 address in brackets): the form in which Envoy is told where to send a request.</summary>
    public string Address { get; } = Ip.Contains(':', StringComparison.Ordinal) ? $"[{Ip}]:{Port}" : $"{Ip}:{Port}";
}
