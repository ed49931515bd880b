using System.Runtime.CompilerServices;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>
/// The tokens that answers are made of: words of ASCII letters, each one token, the first as it is and the others with a space before it. Such
/// an answer is the same tokens again when a client sends it back in the next turn, so that blocks of generated tokens
/// are hits there, as they are with a real model. Which words follow which is decided by the prompt alone.
/// Immutable; engines that serve one model share it.
/// </summary>
internal sealed class AnswerVocabulary : ITokenSource
{
    private static readonly ConditionalWeakTable<ITokenizer, AnswerVocabulary> Known = [];

    /// <summary>Ids looked at: byte-level vocabularies have their common words first.</summary>
    private const int Searched = 20_000;

    private readonly ITokenizer _tokenizer;
    private readonly (uint Id, string Text)[] _openings;
    private readonly (uint Id, string Text)[] _words;
    private readonly Dictionary<uint, string> _texts;

    private AnswerVocabulary(ITokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        var ids = Enumerable.Range(0, Math.Min(Searched, tokenizer.VocabularySize)).Select(id => (uint)id);
        var known = ids.Select(id => (Id: id, Text: tokenizer.Decode([id]))).ToList();
        var buffer = new TokenBuffer();
        _openings = Choose(known, text => text.Length >= 2 && char.IsAsciiLetterUpper(text[0]) && text.Skip(1).All(char.IsAsciiLetterLower), tokenizer, buffer);
        _words = Choose(known, text => text.Length >= 3 && text[0] == ' ' && text.Skip(1).All(char.IsAsciiLetterLower), tokenizer, buffer);
        _texts = _openings.Concat(_words).DistinctBy(word => word.Id).ToDictionary(word => word.Id, word => word.Text);
    }

    /// <summary>The vocabulary of a tokenizer; made once, since it takes some ten thousand calls.</summary>
    public static AnswerVocabulary Of(ITokenizer tokenizer) => Known.GetValue(tokenizer, key => new AnswerVocabulary(key));

    public uint Next(Sequence sequence)
    {
        var words = sequence.Generated == 0 && !EndsInWord(sequence.Tokens[^1]) ? _openings : _words;
        return words[Mix.Finish(sequence.AnswerSeed + (ulong)sequence.Generated) % (ulong)words.Length].Id;
    }

    /// <summary>The text of a token that <see cref="Next"/> gave.</summary>
    public string Text(uint token) => _texts[token];

    /// <summary>Behind a word or a full stop only a space starts a new token; behind the line break that ends a chat's prompt a word does.</summary>
    private bool EndsInWord(uint token) => _tokenizer.Decode([token]) is { Length: > 0 } text && !char.IsWhiteSpace(text[^1]);

    /// <summary>The wanted ones that are one token on their own; all ids where a vocabulary has none.</summary>
    private static (uint Id, string Text)[] Choose(
        List<(uint Id, string Text)> known, Func<string, bool> wanted, ITokenizer tokenizer, TokenBuffer buffer)
    {
        var chosen = known.Where(word => wanted(word.Text) && IsOneToken(word)).ToArray();
        return chosen.Length > 0 ? chosen : [.. known];

        bool IsOneToken((uint Id, string Text) word)
        {
            buffer.Clear();
            tokenizer.Encode(word.Text, addSpecialTokens: false, buffer);
            return buffer.Count == 1 && buffer.Ids[0] == word.Id;
        }
    }
}
