using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>One holder as the writer sees it.</summary>
internal sealed class Holder(int number, int tag)
{
    /// <summary>The number that the index gave out.</summary>
    public int Number => number;

    /// <summary>What stands for it in holder sets: another one after each clearing, so that clearing touches no set.</summary>
    public int Tag { get; set; } = tag;

    /// <summary>Distinct blocks that it has.</summary>
    public long Blocks { get; set; }

    /// <summary>Blocks that were dropped to keep the index within its bound.</summary>
    public long Dropped { get; set; }

    /// <summary>Tags that stood for it and are still in sets.</summary>
    public int RetiredTags { get; set; }

    public bool IsRemoved { get; set; }

    public HolderId Id => new(number);
}
