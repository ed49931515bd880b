namespace OrleansKvRouter.Tokenization.PreTokenizers;

/// <summary>Cuts a text into the words that are encoded each for itself. Immutable; any thread may use it.</summary>
internal interface IPreTokenizer
{
    /// <summary>Index behind the word that starts at <paramref name="start"/>. Every text is cut without gaps.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="start">Index of the word's first byte, less than the text's length.</param>
    int WordEnd(ReadOnlySpan<byte> text, int start);
}
