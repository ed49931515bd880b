using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>
/// The buffers of one decision, rented from a pool so that a decision allocates nothing per block, token or endpoint.
/// One decision uses it at a time.
/// </summary>
internal sealed class Workspace
{
    private BlockKey[] _keys = new BlockKey[256];
    private int[] _matchedBlocks = new int[16];
    private int[] _matchedTokens = new int[16];
    private double[] _trustFactors = new double[16];
    private int[] _weighedTokens = new int[16];
    private int[] _speculativeBlocks = new int[16];
    private int _endpoints;

    public StageClock Clock { get; } = new();

    public EncodedPrompts Prompts { get; } = new();

    public PrefixMatches Matches { get; } = new();

    /// <summary>What was just routed, of the same keys or their end.</summary>
    public PrefixMatches RoutedMatches { get; } = new();

    /// <summary>What the ranks behind the candidates hold.</summary>
    public RankMatches Ranks { get; } = new();

    /// <summary>Number of block keys over all prompts.</summary>
    public int KeyCount { get; private set; }

    /// <summary>The keys of all prompts, one chain after the other.</summary>
    public ReadOnlySpan<BlockKey> Keys => _keys.AsSpan(0, KeyCount);

    /// <summary>Per candidate: leading blocks held on the GPU, summed over the prompts.</summary>
    public Span<int> MatchedBlocks => _matchedBlocks.AsSpan(0, _endpoints);

    /// <summary>Per candidate: tokens that the engine need not compute, summed over the prompts.</summary>
    public Span<int> MatchedTokens => _matchedTokens.AsSpan(0, _endpoints);

    /// <summary>Per candidate: the share of its matched tokens that counts when it is weighed, 0 to 1.</summary>
    public Span<double> TrustFactors => _trustFactors.AsSpan(0, _endpoints);

    /// <summary>Per candidate: the same tokens, each worth what the policy says of the tier it lies in, and what speculation adds.</summary>
    public Span<int> WeighedTokens => _weighedTokens.AsSpan(0, _endpoints);

    /// <summary>Per candidate: leading blocks that it is expected to hold soon; 0 where that is no more than it holds.</summary>
    public Span<int> SpeculativeBlocks => _speculativeBlocks.AsSpan(0, _endpoints);

    /// <summary>Forgets the last decision and makes room for so many candidates, all without a match.</summary>
    public void Reset(int endpoints)
    {
        Prompts.Clear();
        Ranks.Reset();
        KeyCount = 0;
        _endpoints = endpoints;
        if (endpoints > _matchedBlocks.Length)
        {
            _matchedBlocks = new int[endpoints * 2];
            _matchedTokens = new int[endpoints * 2];
            _trustFactors = new double[endpoints * 2];
            _weighedTokens = new int[endpoints * 2];
            _speculativeBlocks = new int[endpoints * 2];
        }

        MatchedBlocks.Clear();
        MatchedTokens.Clear();
        TrustFactors.Fill(1);
        WeighedTokens.Clear();
        SpeculativeBlocks.Clear();
    }

    /// <summary>Room for the next chain's keys.</summary>
    public Span<BlockKey> ReserveKeys(int count)
    {
        if (KeyCount + count > _keys.Length) Array.Resize(ref _keys, Math.Max(_keys.Length * 2, KeyCount + count));
        return _keys.AsSpan(KeyCount, count);
    }

    /// <summary>Takes the last so many keys back.</summary>
    public void DropKeys(int count) => KeyCount -= count;

    /// <summary>The keys just written into the reserved room, as memory that a walk over the network may hold on to.</summary>
    public ReadOnlyMemory<BlockKey> CommitKeys(int count)
    {
        var chain = _keys.AsMemory(KeyCount, count);
        KeyCount += count;
        return chain;
    }
}
