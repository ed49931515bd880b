namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>What an entry of the log has beside its key: the number of a holder set, and two flags of the writer's own.</summary>
internal static class BlockWord
{
    /// <summary>Some holder has, or had, the block more than twice.</summary>
    public const uint HasCopies = 1u << 31;

    /// <summary>Stored again by somebody since it was written: younger than its place in the log says.</summary>
    public const uint IsRenewed = 1u << 30;

    public const uint Flags = HasCopies | IsRenewed;

    /// <summary>Nothing has been written here yet, or the entry has moved elsewhere.</summary>
    public const uint None = 0;

    public static uint SetOf(uint word) => word & ~Flags;
}
