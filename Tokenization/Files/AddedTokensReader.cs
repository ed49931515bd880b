using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.AddedTokens;
using OrleansKvRouter.Tokenization.Bpe;

namespace OrleansKvRouter.Tokenization.Files;

/// <summary>The <c>added_tokens</c> of a <c>tokenizer.json</c>.</summary>
internal static class AddedTokensReader
{
    public static Expected<IReadOnlyList<AddedToken>> Read(Component list, Vocabulary vocabulary)
    {
        var tokens = new List<AddedToken>();
        foreach (var item in list.Items)
        {
            if (item["content"].Text is not { Length: > 0 } content) return item["content"].Unsupported("a text");
            if (item["id"].Value.ValueKind != JsonValueKind.Number || !item["id"].Value.TryGetUInt32(out var id)) return item["id"].Unsupported("an id");
            // Hugging Face gives a token that the vocabulary has the vocabulary's id, whatever the file says.
            if (vocabulary.FindLiteral(content) is var known and >= 0) id = (uint)known;
            tokens.Add(new AddedToken(id, content, item["single_word"].IsTrue, item["lstrip"].IsTrue, item["rstrip"].IsTrue, item["normalized"].IsTrue));
        }

        return tokens;
    }
}
