namespace OrleansKvRouter.Tokenization.Normalizers;

/// <summary>Text → the text that is tokenized. Immutable; any thread may use it.</summary>
internal interface INormalizer
{
    /// <summary>The normalized text: <paramref name="text"/> itself where it is normal already, else a span into <paramref name="scratch"/>.</summary>
    ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text, CharBuffer scratch);
}

/// <summary>The normalizer of a file that names none.</summary>
internal sealed class NoNormalizer : INormalizer
{
    public ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text, CharBuffer scratch) => text;
}
