namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// Byte-level BPE: a word's bytes are merged pair by pair, the pair of lowest rank first and the leftmost of equals.
/// Immutable but for its cache; any thread may use it.
/// </summary>
/// <param name="vocabulary">The tokens; every single byte is one of them.</param>
/// <param name="merges">The merges.</param>
/// <param name="ignoreMerges">Whether a word that is a token as a whole is not merged at all.</param>
internal sealed class BpeModel(Vocabulary vocabulary, MergeTable merges, bool ignoreMerges)
{
    /// <summary>Bytes of anything that must be readable behind the end of a text given to <see cref="Encode"/>.</summary>
    public const int Slack = WordKey.MaxLength;

    private readonly ByteSymbols _bytes = new(vocabulary, merges);
    private readonly WordCache _cache = new();

    public Vocabulary Vocabulary => vocabulary;

    /// <summary>Appends the ids of the word that is <paramref name="length"/> bytes of <paramref name="text"/> from <paramref name="start"/>.</summary>
    /// <param name="text">UTF-8 and the <see cref="Slack"/> behind it.</param>
    /// <param name="start">Index of the word's first byte.</param>
    /// <param name="length">Bytes of the word, at least one.</param>
    /// <param name="into">Where the ids go.</param>
    public void Encode(ReadOnlySpan<byte> text, int start, int length, TokenBuffer into)
    {
        if (length == 1)
        {
            into.Add(_bytes.Id(text[start]));
            return;
        }

        if (length > WordKey.MaxLength)
        {
            Merge(text.Slice(start, length), into);
            return;
        }

        var key = new WordKey(text, start, length);
        if (_cache.TryGet(key, into)) return;
        var before = into.Count;
        Merge(text.Slice(start, length), into);
        var ids = into.Ids[before..];
        if (ids.Length <= WordCache.MaxIds) _cache.Put(key, ids);
    }

    private void Merge(ReadOnlySpan<byte> word, TokenBuffer into)
    {
        if (ignoreMerges && vocabulary.Find(word) is var id and >= 0) into.Add((uint)id);
        else if (word.Length <= ShortWord.MaxBytes) ShortWord.Encode(word, _bytes, merges, into);
        else LongWord.Encode(word, _bytes, merges, into);
    }
}
