namespace OrleansKvRouter.Scheduling;

/// <summary>What a held prefix is worth to an engine.</summary>
public static class UsablePrefix
{
    /// <summary>
    /// Tokens that an engine need not compute: <c>min(blocks·B, floor((n−1)/B)·B)</c>. vLLM always computes at least the
    /// last token, so a prompt that is cached whole and ends at a block's end computes its last block again (vLLM
    /// <c>KVCacheManager.get_computed_blocks</c>).
    /// </summary>
    /// <param name="blocks">Leading blocks of the prompt that the engine holds.</param>
    /// <param name="blockSize">Tokens a block; at least 1.</param>
    /// <param name="promptTokens">Tokens in the prompt.</param>
    public static int Tokens(int blocks, int blockSize, int promptTokens) =>
        promptTokens < 1 ? 0 : Math.Min(blocks, (promptTokens - 1) / blockSize) * blockSize;
}
