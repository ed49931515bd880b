using System.Text.Json.Serialization;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Contracts.Admin;

/// <summary>One pool as <c>GET /api/pools</c> and <c>GET /api/pools/{pool}</c> show it.</summary>
public sealed record PoolStatus
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The policy in force, defaults filled in.</summary>
    public required TrafficPolicy Policy { get; init; }

    /// <summary>The name of the pool's key function, for example <c>sha256_cbor_64bit</c>; null where nothing is hashed.</summary>
    public string? Scheme { get; init; }

    /// <summary>Why the scheme is what it is: <c>policy</c>, <c>proven</c> or <c>assumed</c>.</summary>
    public string? SchemeSource { get; init; }

    public required RoutingStatus Routing { get; init; }

    public required IndexStatus Index { get; init; }

    /// <summary>How its snapshots fare; null where none are written.</summary>
    public SnapshotStatus? Snapshot { get; init; }

    /// <summary>Ordered by name, then address.</summary>
    public required IReadOnlyList<EndpointStatus> Endpoints { get; init; }
}

/// <summary>How the pool's requests are placed at this moment.</summary>
/// <param name="Precise">True when cached prefixes count; false when load alone decides.</param>
/// <param name="Cause">Why load alone decides; empty when prefixes count.</param>
public sealed record RoutingStatus(bool Precise, string Cause);

/// <summary>What the pool's index holds.</summary>
/// <param name="Blocks">Distinct blocks.</param>
/// <param name="Memberships">(endpoint, block) pairs.</param>
/// <param name="Bytes">Memory the index occupies, approximately.</param>
public sealed record IndexStatus(long Blocks, long Memberships, long Bytes);

/// <summary>One endpoint of a pool.</summary>
public sealed record EndpointStatus
{
    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>ip:port</c>.</summary>
    public required string Address { get; init; }

    public required bool Ready { get; init; }

    public required LoadStatus Load { get; init; }

    /// <summary>Distinct blocks that the index knows the endpoint to hold.</summary>
    public required long BlocksHeld { get; init; }

    /// <summary>Sequence number of the last batch of events applied; −1 before the first.</summary>
    public required long Cursor { get; init; }

    /// <summary>Batches of events that were published, never arrived and could not be fetched again.</summary>
    public required long Lost { get; init; }

    /// <summary>Batches of events that were fetched again from the engine's replay socket.</summary>
    public long Replayed { get; init; }

    /// <summary>Times that all blocks of the endpoint were taken out because its events could no longer be relied on.</summary>
    public long Purges { get; init; }

    /// <summary>Batches of events applied.</summary>
    public long Batches { get; init; }

    /// <summary>How predictions fared; null in a pool that makes none.</summary>
    public PredictionStatus? Predictions { get; init; }

    /// <summary>The form of its events; null until it has announced a block.</summary>
    public WireStatus? Wire { get; init; }

    /// <summary>How far the index is relied on; with several ranks, that of the one that gives most cause for concern.</summary>
    public required TrustStatus Trust { get; init; }

    /// <summary>The data-parallel ranks behind the endpoint, whose sums the endpoint shows; null, and left out, where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RankStatus>? Ranks { get; init; }
}

/// <summary>One data-parallel rank: an engine core with a cache and an event stream of its own.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="BlocksHeld">Distinct blocks that the index knows it to hold.</param>
/// <param name="Cursor">Sequence number of its last batch of events applied; −1 before the first.</param>
/// <param name="Batches">Its batches of events applied.</param>
/// <param name="Lost">Its batches that were lost for good.</param>
/// <param name="Trust">How far the index is relied on.</param>
public sealed record RankStatus(int Rank, long BlocksHeld, long Cursor, long Batches, long Lost, TrustStatus Trust);

/// <summary>What was predicted of an endpoint's prefix cache and what its engine reported, in sums since the endpoint joined.</summary>
public sealed record PredictionStatus
{
    /// <summary>Requests whose prediction was compared with a report.</summary>
    public long Judged { get; init; }

    /// <summary>Of these, requests whose prediction was right to the token.</summary>
    public long Right { get; init; }

    /// <summary>The share of compared requests whose prediction was right to the token; null when none was compared.</summary>
    public double? Accuracy => Judged > 0 ? (double)Right / Judged : null;

    /// <summary>Prompt tokens predicted to be cached, in compared requests.</summary>
    public long PredictedTokens { get; init; }

    /// <summary>Prompt tokens reported as cached, in compared requests.</summary>
    public long ReportedTokens { get; init; }

    /// <summary>Tokens predicted to be cached that the engine computed.</summary>
    public long OverTokens { get; init; }

    /// <summary>Tokens that the engine had cached and that were not predicted.</summary>
    public long UnderTokens { get; init; }

    /// <summary>Answered requests that could not be compared, because the engine never names cached tokens.</summary>
    public long Unreported { get; init; }

    /// <summary>Answered requests of which the engine counted another number of prompt tokens than the router.</summary>
    public long Miscounted { get; init; }

    /// <summary>Times that lasting over-prediction made the endpoint stale.</summary>
    public long Contradictions { get; init; }
}

/// <summary>How busy an endpoint is.</summary>
/// <param name="Waiting">Requests that wait; null until the engine's metrics have been read.</param>
/// <param name="Running">Requests in the running batch; null until the engine's metrics have been read.</param>
/// <param name="KvCacheUsage">Share of KV blocks in use, 0 to 1; null until the engine's metrics have been read.</param>
/// <param name="InFlightTokens">Uncached prompt tokens in requests that this router sent and that are not yet answered.</param>
/// <param name="InFlightRequests">Requests that this router sent and that are not yet answered.</param>
public sealed record LoadStatus(int? Waiting, int? Running, double? KvCacheUsage, long InFlightTokens, int InFlightRequests)
{
    /// <summary>As <see cref="InFlightTokens"/>, sent by other replicas of the router; null, and left out, where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? OthersTokens { get; init; }

    /// <summary>As <see cref="InFlightRequests"/>, sent by other replicas; null, and left out, where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? OthersRequests { get; init; }
}

/// <summary>How far what the index says of an endpoint can be relied on.</summary>
/// <param name="State"><c>exact</c>, <c>mapped</c>, <c>recovering</c>, <c>stale</c> or <c>unverified</c>.</param>
/// <param name="Cause">Why; empty for <c>exact</c>.</param>
/// <param name="Since">Since when; null but for <c>recovering</c> and <c>stale</c>.</param>
public sealed record TrustStatus(string State, string Cause, DateTimeOffset? Since = null)
{
    /// <summary>
    /// In what the engine differs from its pool, for programs: any of <c>seed</c>, <c>algorithm</c>, <c>extraKeys</c>,
    /// <c>hashSize</c>, <c>blockSize</c>.
    /// </summary>
    [JsonConverter(typeof(SchemePartsJsonConverter))]
    public SchemeParts Differs { get; init; }

    /// <summary>What the engine stored before it was first heard is not known: what is said of it is right but not all.</summary>
    public bool Incomplete { get; init; }
}

/// <summary>The form in which an engine announces its blocks.</summary>
/// <param name="Era">The releases that use it, for people to read.</param>
/// <param name="Hashes">How blocks are named: <c>integers</c>, <c>signedIntegers</c> or <c>bytes</c>.</param>
public sealed record WireStatus(string Era, string Hashes);
