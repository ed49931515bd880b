namespace OrleansKvRouter.Tokenization.AddedTokens;

/// <summary>A text that becomes one id before anything else looks at it; the flags are <c>tokenizer.json</c>'s own.</summary>
/// <param name="Id">The id.</param>
/// <param name="Content">The text, never empty.</param>
/// <param name="SingleWord">Only where no word character stands beside it.</param>
/// <param name="LeftStrip">Takes the white space before it.</param>
/// <param name="RightStrip">Takes the white space behind it.</param>
/// <param name="Normalized">Looked for in the normalized text, else in the text as it came.</param>
internal sealed record AddedToken(uint Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);
