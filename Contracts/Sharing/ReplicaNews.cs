using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Contracts.Sharing;

/// <summary>What one replica of the router tells the others of its routing. Endpoints have names that are the same in all of them.</summary>
public sealed record ReplicaNews
{
    /// <summary>Who says so; another name after a restart.</summary>
    public required string Replica { get; init; }

    /// <summary>Whether endpoints that <see cref="Loads"/> does not name have nothing of this replica's in flight. If not, they are as they were.</summary>
    public bool IsFull { get; init; }

    /// <summary>How long before this the replica last looked at its loads, whether it told of it or not.</summary>
    public TimeSpan SinceLast { get; init; }

    public IReadOnlyList<ReplicaLoad> Loads { get; init; } = [];

    /// <summary>In the order in which they were routed.</summary>
    public IReadOnlyList<RoutedPrefix> Prefixes { get; init; } = [];

    /// <summary>Whether there is nothing to tell.</summary>
    public bool IsEmpty => !IsFull && Loads.Count == 0 && Prefixes.Count == 0;
}

/// <summary>What a replica has in flight at an endpoint.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Rank">The data-parallel rank that the requests name; null for all of the endpoint's requests.</param>
/// <param name="Requests">Requests that are not yet answered.</param>
/// <param name="Tokens">Their prompt tokens, less those expected to be cached.</param>
/// <param name="Entered">Requests that the replica ever sent there.</param>
/// <param name="EnteredBefore">The same, when it last looked before.</param>
public sealed record ReplicaLoad(string Endpoint, int? Rank, int Requests, long Tokens, long Entered, long EnteredBefore);

/// <summary>A prefix that a replica has just routed and that no engine has announced yet.</summary>
/// <param name="Endpoint">Where to.</param>
/// <param name="Rank">The rank that was named; null where the engine chooses.</param>
/// <param name="Keys">Its blocks beyond those that the engine was known to hold, in order.</param>
public sealed record RoutedPrefix(string Endpoint, int? Rank, ReadOnlyMemory<BlockKey> Keys);
