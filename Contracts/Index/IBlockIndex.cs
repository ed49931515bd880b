namespace OrleansKvRouter.Contracts.Index;

/// <summary>
/// The index port of one pool: block key → the holders that have it. Standalone it is a structure in memory;
/// in a cluster it is spread over grains. Any number of threads may walk at any time and none waits for a
/// writer; writers are serialized by the implementation.
/// </summary>
public interface IBlockIndex
{
    /// <summary>
    /// Issues a holder. It has no blocks yet, but where the index is spread over several processes: there it is the one of that
    /// name, with the blocks that others have stored for it.
    /// </summary>
    HolderId AddHolder(HolderName name = default);

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
    void Remove(HolderId holder, ReadOnlySpan<BlockKey> keys);

    /// <summary>
    /// Takes every block from a holder: on return no walk that starts later finds one. The holder stays usable.
    /// </summary>
    void Clear(HolderId holder);

    /// <summary>
    /// Clears all holders of one engine: what is stored next belongs to another beginning of its stream, whose numbers say
    /// nothing of the one before.
    /// </summary>
    void StartOver(ReadOnlySpan<HolderId> holders);

    /// <summary>
    /// Says that all that an engine's stream says up to a position has been written. Writes for one engine come from one thread
    /// at a time, and after each batch this; an index that loses a part can tell from it what to ask for again.
    /// </summary>
    /// <param name="holder">Any of the engine's holders.</param>
    /// <param name="position">How far its stream is.</param>
    void Advance(HolderId holder, StreamPosition position);

    /// <summary>
    /// Answers for every holder at once how many leading blocks of the chain <paramref name="keys"/> it has.
    /// A holder's count ends at its first missing block. Completes synchronously when the index is in this process.
    /// </summary>
    ValueTask WalkAsync(ReadOnlyMemory<BlockKey> keys, PrefixMatches matches, CancellationToken cancellation = default);

    /// <summary>
    /// Completes when every later walk finds what this process has written so far: at once when the index is in this process.
    /// </summary>
    ValueTask SettleAsync(CancellationToken cancellation = default);

    /// <summary>How many distinct blocks a holder has; where the index is spread over several processes, as of a moment ago.</summary>
    long BlocksHeld(HolderId holder);

    /// <summary>How many blocks were taken from a holder to keep the index within its bound.</summary>
    long BlocksDropped(HolderId holder);

    /// <summary>
    /// Whether other processes write to it too, each engine's blocks one of them at a time. False when the index is in this process.
    /// </summary>
    bool IsShared => false;

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
