namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// What every word starts as: the ids of its bytes and the ranks of their pairs. The ranks lie in a table of their own
/// (256 KB), because about half of all lookups are for pairs of bytes.
/// </summary>
internal sealed class ByteSymbols
{
    private readonly uint[] _ids = new uint[256];
    private readonly int[] _ranks = new int[256 * 256];

    /// <param name="vocabulary">Has all 256 bytes.</param>
    /// <param name="merges">The merges.</param>
    public ByteSymbols(Vocabulary vocabulary, MergeTable merges)
    {
        for (var b = 0; b < 256; b++) _ids[b] = (uint)vocabulary.Find([(byte)b]);
        for (var pair = 0; pair < _ranks.Length; pair++) _ranks[pair] = merges.Rank(_ids[pair >> 8], _ids[pair & 0xFF]);
    }

    public uint Id(byte symbol) => _ids[symbol];

    public int Rank(byte left, byte right) => _ranks[left << 8 | right];
}
