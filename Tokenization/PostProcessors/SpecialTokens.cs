namespace OrleansKvRouter.Tokenization.PostProcessors;

/// <summary>The ids that are put around a text's own when special tokens are asked for.</summary>
/// <param name="Before">Before the text.</param>
/// <param name="After">Behind it.</param>
internal sealed record SpecialTokens(uint[] Before, uint[] After)
{
    public static SpecialTokens None { get; } = new([], []);
}
