namespace OrleansKvRouter.EngineSim.Core;

/// <summary>The size of the simulated engine. All numbers at least 1.</summary>
internal sealed record CoreOptions
{
    /// <summary>Tokens a block.</summary>
    public required int BlockSize { get; init; }

    /// <summary>Physical blocks.</summary>
    public required int Blocks { get; init; }

    /// <summary>Most sequences that run at once.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Most tokens that one step computes over all sequences; a longer prefill is cut into chunks.</summary>
    public required int MaxBatchedTokens { get; init; }
}
