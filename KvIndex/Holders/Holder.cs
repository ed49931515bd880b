using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>One holder as the writer sees it.</summary>
internal sealed class Holder(int number, int tag)
{
    public const int NoTag = -1;

    /// <summary>The number that the index gave out.</summary>
    public int Number => number;

    /// <summary>What stands for it in holder sets: another one after each clearing, so that clearing touches no set.</summary>
    public int Tag { get; set; } = tag;

    /// <summary>
    /// What stands in sets, beside <see cref="Tag"/>, for blocks that it has twice; negative until there are some. No walk translates it.
    /// </summary>
    public int CopyTag { get; set; } = NoTag;

    /// <summary>The blocks of its last store, or removal, lay scattered: the next ones' probably do.</summary>
    public bool StoresScattered { get; set; }

    public bool RemovesScattered { get; set; }

    /// <summary>Distinct blocks that it has.</summary>
    public long Blocks { get; set; }

    /// <summary>Blocks that were dropped to keep the index within its bound.</summary>
    public long Dropped { get; set; }

    /// <summary>Tags that stood for it and are still in sets.</summary>
    public int RetiredTags { get; set; }

    public bool IsRemoved { get; set; }

    public HolderId Id => new(number);
}
