namespace OrleansKvRouter.Contracts.Index;

/// <summary>
/// The index port of one pool: block key → the holders that have it. Standalone it is a structure in memory;
/// in a cluster it is spread over grains. Any number of threads may walk at any time and none waits for a
/// writer; writers are serialized by the implementation.
/// </summary>
public interface IBlockIndex
{
    /// <summary>Issues a holder that has no blocks yet.</summary>
    HolderId AddHolder();

    /// <summary>
    /// Takes a holder out: on return no walk that starts later reports it. What it occupied is given back later,
    /// and its number is not issued again before that.
    /// </summary>
    void RemoveHolder(HolderId holder);

    /// <summary>
    /// Adds one copy of each block of a chain to a holder. Copies are counted: a block stored twice needs two removals
    /// (vLLM announces every physical copy and every eviction of one).
    /// </summary>
    /// <param name="holder">Who holds the blocks.</param>
    /// <param name="parent">The block before the first of <paramref name="keys"/>; null when they start at the root.</param>
    /// <param name="keys">Neighbouring blocks of one chain, in order.</param>
    void Store(HolderId holder, BlockKey? parent, ReadOnlySpan<BlockKey> keys);

    /// <summary>Takes away one copy of each block; a block the holder does not have is passed over.</summary>
    /// <returns>How many of the blocks the holder did have.</returns>
    int Remove(HolderId holder, ReadOnlySpan<BlockKey> keys);

    /// <summary>
    /// Takes every block from a holder: on return no walk that starts later finds one. The holder stays usable.
    /// </summary>
    void Clear(HolderId holder);

    /// <summary>
    /// Answers for every holder at once how many leading blocks of the chain <paramref name="keys"/> it has.
    /// A holder's count ends at its first missing block. Completes synchronously when the index is in this process.
    /// </summary>
    ValueTask WalkAsync(ReadOnlyMemory<BlockKey> keys, PrefixMatches matches, CancellationToken cancellation = default);

    /// <summary>How many distinct blocks a holder has.</summary>
    long BlocksHeld(HolderId holder);

    /// <summary>How many blocks were taken from a holder to keep the index within its bound.</summary>
    long BlocksDropped(HolderId holder);

    /// <summary>What the whole index holds and occupies.</summary>
    IndexStatistics Statistics { get; }
}

/// <param name="Blocks">Distinct block keys with at least one holder.</param>
/// <param name="Memberships">(holder, block) pairs.</param>
/// <param name="Bytes">Bytes that the structure occupies, give or take what the runtime adds.</param>
public readonly record struct IndexStatistics(long Blocks, long Memberships, long Bytes)
{
    /// <summary>Memberships that were dropped to keep the index within its bound, since it began.</summary>
    public long Dropped { get; init; }
}
