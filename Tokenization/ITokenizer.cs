namespace OrleansKvRouter.Tokenization;

/// <summary>Text → token ids, exactly as the model's <c>tokenizer.json</c> defines. Immutable; any thread may use it.</summary>
public interface ITokenizer
{
    /// <summary>Appends the ids of <paramref name="text"/> to <paramref name="into"/>.</summary>
    /// <param name="text">The text; text that spells a special token becomes that token.</param>
    /// <param name="addSpecialTokens">Whether the post-processor adds what it adds (BOS and the like): false for rendered chats, true for <c>/v1/completions</c>.</param>
    /// <param name="into">Where the ids go.</param>
    void Encode(ReadOnlySpan<char> text, bool addSpecialTokens, TokenBuffer into);

    /// <summary>The text of <paramref name="ids"/>; ids the vocabulary does not have are left out.</summary>
    string Decode(ReadOnlySpan<uint> ids);

    /// <summary>Number of ids, the added tokens included.</summary>
    int VocabularySize { get; }
}
