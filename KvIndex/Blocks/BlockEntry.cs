namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// One block key and the set of holders that have it; 16 bytes. Written by the one writer; any thread may read.
/// Once <see cref="Set"/> is not 0 the key never changes, so whoever reads the set first and the key after it has
/// read a pair that belongs together.
/// </summary>
internal struct BlockEntry
{
    public ulong Key;

    /// <summary>The number of a holder set; 0 where nothing has been written yet or the entry has moved elsewhere.</summary>
    public int Set;

    /// <summary>The writer's own: 1 when some holder has, or had, the block more than once.</summary>
    public int HasCopies;

    /// <summary>
    /// True when the entry belongs to the key and has a set: then it is the key's only one, and <paramref name="set"/>
    /// is what it has. For any thread.
    /// </summary>
    public readonly bool IsOf(ulong key, out int set)
    {
        set = Volatile.Read(in Set);
        return set != 0 && Key == key;
    }
}
