using System.Buffers;
using System.Text;
using System.Text.Unicode;
using OrleansKvRouter.Tokenization.AddedTokens;
using OrleansKvRouter.Tokenization.Bpe;
using OrleansKvRouter.Tokenization.Normalizers;
using OrleansKvRouter.Tokenization.PostProcessors;
using OrleansKvRouter.Tokenization.PreTokenizers;

namespace OrleansKvRouter.Tokenization;

/// <summary>
/// The stages of a <c>tokenizer.json</c>, in Hugging Face's order: added tokens that are looked for in the text as it
/// came → normalizer → added tokens that are looked for in the normal form → pre-tokenizer → model → special tokens.
/// </summary>
internal sealed class TokenizerPipeline(
    INormalizer normalizer,
    IPreTokenizer preTokenizer,
    BpeModel model,
    SpecialTokens specialTokens,
    IReadOnlyList<AddedToken> addedTokens) : ITokenizer
{
    [ThreadStatic]
    private static CharBuffer? s_normalized;

    private readonly AddedTokenMatcher _rawTokens = new(addedTokens.Where(t => !t.Normalized));
    private readonly AddedTokenMatcher _normalizedTokens = NormalizedTokens(addedTokens, normalizer);
    private readonly Dictionary<uint, byte[]> _addedBytes = addedTokens.DistinctBy(t => t.Id).ToDictionary(t => t.Id, Bytes);

    public int VocabularySize { get; } = model.Vocabulary.Count + addedTokens.Select(t => t.Id).Distinct().Count(id => model.Vocabulary[id].IsEmpty);

    public void Encode(ReadOnlySpan<char> text, bool addSpecialTokens, TokenBuffer into)
    {
        if (addSpecialTokens) into.Add(specialTokens.Before);
        var cursor = default(AddedTokenMatcher.Cursor);
        AddedToken? token;
        do
        {
            _rawTokens.Next(text, ref cursor, out var plain, out token);
            if (!plain.IsEmpty) EncodeRaw(plain, into);
            if (token is not null) into.Add(token.Id);
        }
        while (token is not null);

        if (addSpecialTokens) into.Add(specialTokens.After);
    }

    public string Decode(ReadOnlySpan<uint> ids)
    {
        var bytes = new ArrayBufferWriter<byte>(ids.Length * 4 + 1);
        foreach (var id in ids)
        {
            bytes.Write(_addedBytes.TryGetValue(id, out var added) ? added : model.Vocabulary[id]);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private void EncodeRaw(ReadOnlySpan<char> text, TokenBuffer into)
    {
        var scratch = s_normalized ??= new CharBuffer();
        var normal = normalizer.Normalize(text, scratch);
        var cursor = default(AddedTokenMatcher.Cursor);
        AddedToken? token;
        do
        {
            _normalizedTokens.Next(normal, ref cursor, out var plain, out token);
            if (!plain.IsEmpty) EncodeWords(plain, into);
            if (token is not null) into.Add(token.Id);
        }
        while (token is not null);

        scratch.Trim();
    }

    private void EncodeWords(ReadOnlySpan<char> text, TokenBuffer into)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length) + BpeModel.Slack);
        // Half of a surrogate pair becomes U+FFFD here, as it does on its way to any tokenizer that takes UTF-8.
        Utf8.FromUtf16(text, buffer, out _, out var length);
        var utf8 = buffer.AsSpan(0, length);
        for (int start = 0, end; start < length; start = end)
        {
            end = preTokenizer.WordEnd(utf8, start);
            model.Encode(buffer, start, end - start, into);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>A token that is looked for in the normal form is looked for by its own normal form.</summary>
    private static AddedTokenMatcher NormalizedTokens(IEnumerable<AddedToken> tokens, INormalizer normalizer) => new(
        from token in tokens
        where token.Normalized
        let content = normalizer.Normalize(token.Content, new CharBuffer()).ToString()
        where content.Length > 0
        select token with { Content = content });

    private static byte[] Bytes(AddedToken token)
    {
        var written = Encoding.UTF8.GetBytes(token.Content);
        var bytes = new ByteBlob();
        return ByteAlphabet.TryDecode(written, bytes) ? bytes.ToArray() : written;
    }
}
