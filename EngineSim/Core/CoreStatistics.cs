namespace OrleansKvRouter.EngineSim.Core;

/// <summary>What the engine's metrics say at one moment. Immutable.</summary>
/// <param name="Waiting">Requests not yet scheduled, or preempted.</param>
/// <param name="Running">Requests in the running batch.</param>
/// <param name="UsedBlocks">Blocks that running requests use.</param>
/// <param name="Blocks">Blocks there are.</param>
/// <param name="PrefixQueries">Tokens looked up in the prefix cache since the start.</param>
/// <param name="PrefixHits">Tokens found there.</param>
/// <param name="PromptTokens">Prompt tokens of requests whose prefill is done.</param>
/// <param name="GenerationTokens">Tokens generated.</param>
/// <param name="Preemptions">How often a running request lost its blocks to another.</param>
public sealed record CoreStatistics(
    int Waiting,
    int Running,
    int UsedBlocks,
    int Blocks,
    long PrefixQueries,
    long PrefixHits,
    long PromptTokens,
    long GenerationTokens,
    long Preemptions)
{
    /// <summary>Share of blocks in use, 0 to 1 (<c>vllm:kv_cache_usage_perc</c>).</summary>
    public double CacheUsage => (double)UsedBlocks / Blocks;
}
