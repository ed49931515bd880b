using System.Text.Json.Serialization;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Contracts.Admin;

/// <summary>How a request would be routed at this moment: the answer of <c>POST /api/pools/{pool}/explain</c>.</summary>
public sealed record ExplainResult
{
    public required string Pool { get; init; }

    /// <summary>The model that the request asks for.</summary>
    public required string Model { get; init; }

    /// <summary>The name of the key function that made <see cref="BlockKeys"/>.</summary>
    public required string Scheme { get; init; }

    /// <summary>Tokens a block.</summary>
    public required int BlockSize { get; init; }

    /// <summary>Tokens in the prompt.</summary>
    public required int TokenCount { get; init; }

    /// <summary>The prompt's token ids; left out unless asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<uint>? TokenIds { get; init; }

    /// <summary>The keys of the prompt's full blocks, in order.</summary>
    public required IReadOnlyList<BlockKey> BlockKeys { get; init; }

    /// <summary>Every endpoint that was weighed, the best first.</summary>
    public required IReadOnlyList<ExplainedEndpoint> Endpoints { get; init; }

    /// <summary><c>ip:port</c> of the endpoint that would be picked; null when none is ready.</summary>
    public string? Picked { get; init; }
}

/// <summary>One endpoint's part in a decision.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Address"><c>ip:port</c>.</param>
/// <param name="MatchedBlocks">Leading blocks of the prompt that the endpoint holds.</param>
/// <param name="MatchedTokens">Prompt tokens it need not compute: whole blocks, never the whole prompt, because the last token is always computed.</param>
/// <param name="Score">The weighted sum.</param>
/// <param name="Scores">Each scorer's own score, 0 to 1, by the weight's name (<c>prefix</c>, <c>queueDepth</c>, …).</param>
public sealed record ExplainedEndpoint(
    string Name, string Address, int MatchedBlocks, int MatchedTokens, double Score, IReadOnlyDictionary<string, double> Scores)
{
    /// <summary>
    /// The share of the matched tokens that the <c>prefix</c> score counts, because the endpoint is stale or recovering (the
    /// policy's <c>trust.staleFactor</c>); null, and left out, where all count.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TrustFactor { get; init; }

    /// <summary>
    /// Leading blocks of the prompt that the endpoint will hold once it has computed what it was sent moments ago; the
    /// <c>prefix</c> score counts them with the policy's <c>speculation.weight</c>. Null, and left out, where that is no more than it holds.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? SpeculativeBlocks { get; init; }

    /// <summary>
    /// What each data-parallel rank behind the endpoint holds; null, and left out, where there is one. The endpoint's match is
    /// that of one of them, <see cref="Rank"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ExplainedRank>? Ranks { get; init; }

    /// <summary>The rank that stands for the endpoint; null, and left out, where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Rank { get; init; }
}

/// <summary>One data-parallel rank's part in a decision.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="MatchedBlocks">Leading blocks of the prompt that it holds.</param>
/// <param name="MatchedTokens">Prompt tokens it need not compute.</param>
public sealed record ExplainedRank(int Rank, int MatchedBlocks, int MatchedTokens);
