namespace OrleansKvRouter.Slices;

/// <summary>How a pool's index is spread.</summary>
public sealed record SlicedIndexOptions
{
    /// <summary>Slices of a pool; the same in every silo, 1 to <see cref="SliceMap.MaxSlices"/>.</summary>
    public int Slices { get; init; } = SliceMap.DefaultSlices;

    /// <summary>How long a delta waits for others that go to the same slice.</summary>
    public TimeSpan Gathering { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>A page of deltas is sent when it is as large.</summary>
    public int PageBytes { get; init; } = 128 * 1024;

    /// <summary>Bytes of sent deltas that are kept for slices that are lost, all slices together.</summary>
    public long JournalBytes { get; init; } = 256L << 20;

    /// <summary>How long sent deltas are kept: several times as long as a slice's snapshots are apart.</summary>
    public TimeSpan JournalAge { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a walk waits for another silo: after that what it holds is left out.</summary>
    public TimeSpan WalkPatience { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>A silo is left out of walks for a while when it did not answer so many in a row.</summary>
    public int SilencesBeforeRest { get; init; } = 3;

    /// <summary>How long it is left out.</summary>
    public TimeSpan SiloRest { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often slices are asked how far they are.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after a slice could not be asked it is asked again: it is on its way, or its silo is gone.</summary>
    public TimeSpan CheckRetry { get; init; } = TimeSpan.FromMilliseconds(100);
}
