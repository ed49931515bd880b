namespace OrleansKvRouter.KvIndex;

/// <summary>How an index is set up.</summary>
public sealed record IndexOptions
{
    /// <summary>The least <see cref="MaxBytes"/> that is worth anything: its tables begin with a few hundred KB.</summary>
    public const long SmallestBound = 1 << 20;

    /// <summary>
    /// Bytes that the index may occupy, give or take a chunk of entries; 0 for no bound. Beyond it the blocks go that were stored
    /// longest ago, from all their holders at once.
    /// </summary>
    public long MaxBytes { get; init; }

    /// <summary>
    /// Asks the system for pages of 2 MB (<c>madvise</c>), which make random reads about a third faster. Nothing is
    /// different where it grants none.
    /// </summary>
    public bool HugePages { get; init; } = true;

    /// <summary>Entries a chunk, as a power of two. Small ones let tests see many of them.</summary>
    internal int ChunkBits { get; init; } = 14;
}
