using System.Text;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>What a vocabulary is built from, collected entry by entry.</summary>
internal sealed class VocabularyBuilder
{
    public ByteBlob Bytes { get; } = new();

    public List<(int Id, int Start, int Length, bool IsLiteral)> Entries { get; } = [];

    /// <summary>Tokens with characters outside the byte alphabet: no text reaches them but as added tokens.</summary>
    public Dictionary<string, int> Literals { get; } = [];

    public int HighestId { get; private set; } = -1;

    /// <param name="id">The token's id.</param>
    /// <param name="token">The token as the file writes it, in UTF-8.</param>
    public void Add(int id, ReadOnlySpan<byte> token)
    {
        var start = Bytes.Count;
        var isLiteral = !ByteAlphabet.TryDecode(token, Bytes);
        if (isLiteral)
        {
            Bytes.Add(token);
            Literals[Encoding.UTF8.GetString(token)] = id;
        }

        Entries.Add((id, start, Bytes.Count - start, isLiteral));
        HighestId = Math.Max(HighestId, id);
    }
}
