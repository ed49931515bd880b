namespace OrleansKvRouter.EngineSim.Core;

/// <summary>What a step computes: its cost in time follows from it.</summary>
/// <param name="PrefillTokens">Prompt tokens (and, after a preemption, lost answer tokens) to compute.</param>
/// <param name="Decodes">Sequences that compute one more token of their answer.</param>
internal readonly record struct StepPlan(int PrefillTokens, int Decodes);

/// <summary>What a step brought about.</summary>
/// <param name="Tokens">The next token of each sequence that got one.</param>
/// <param name="Events">Changes of the cache since the last step, in order of their happening.</param>
internal sealed record StepOutput(IReadOnlyList<GeneratedToken> Tokens, IReadOnlyList<CacheEvent> Events);

internal readonly record struct GeneratedToken(Sequence Sequence, uint Token);

/// <summary>Where an answer's tokens come from.</summary>
internal interface ITokenSource
{
    /// <summary>The token that follows; a function of the sequence's prompt and of how many tokens it has generated.</summary>
    uint Next(Sequence sequence);
}
