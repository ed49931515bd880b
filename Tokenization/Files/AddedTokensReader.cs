using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.AddedTokens;
using OrleansKvRouter.Tokenization.Bpe;

namespace OrleansKvRouter.Tokenization.Files;

/// <summary>The <c>added_tokens</c> of a <c>tokenizer.json</c>.</summary>
internal static class AddedTokensReader
{
    public static Expected<IReadOnlyList<AddedToken>> Read(Component list, Vocabulary vocabulary)
    {
        var tokens = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        var next = (uint)vocabulary.Count;
        foreach (var item in list.Items)
        {
            if (item["content"].Text is not { } content) return item["content"].Unsupported("a text");
            if (content.Length == 0) continue;
            // Hugging Face numbers them anew, whatever "id" says: the vocabulary's id where it has the text, else the
            // next free one. A text that comes twice keeps its first id and takes the later flags.
            var known = tokens.TryGetValue(content, out var earlier) ? (int)earlier.Id : vocabulary.FindLiteral(content);
            var id = known >= 0 ? (uint)known : next;
            next = Math.Max(next, id + 1);
            tokens[content] = new AddedToken(id, content, item["single_word"].IsTrue, item["lstrip"].IsTrue, item["rstrip"].IsTrue, item["normalized"].IsTrue);
        }

        return tokens.Values.ToList();
    }
}
