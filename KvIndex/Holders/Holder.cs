using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>One holder as the writer sees it.</summary>
internal sealed class Holder(int number, int tag)
{
    private Step _added;
    private Step _removed;

    /// <summary>The number that the index gave out.</summary>
    public int Number => number;

    /// <summary>What stands for it in holder sets: another one after each clearing, so that clearing touches no set.</summary>
    public int Tag { get; set; } = tag;

    /// <summary>Distinct blocks that it has.</summary>
    public long Blocks { get; set; }

    /// <summary>Tags that stood for it and are still in sets.</summary>
    public int RetiredTags { get; set; }

    public bool IsRemoved { get; set; }

    public HolderId Id => new(number);

    /// <summary><paramref name="from"/> with this holder. Neighbouring blocks ask the same, so the last answer is kept.</summary>
    public HolderSet AddTo(HolderSet from, HolderSets sets)
    {
        if (!_added.Knows(from, sets)) _added = new Step(from, sets.With(from, Tag), sets.Version);
        return _added.To;
    }

    /// <summary><paramref name="from"/> without this holder.</summary>
    public HolderSet RemoveFrom(HolderSet from, HolderSets sets)
    {
        if (!_removed.Knows(from, sets)) _removed = new Step(from, sets.Without(from, Tag), sets.Version);
        return _removed.To;
    }

    private readonly record struct Step(HolderSet From, HolderSet To, long Version)
    {
        public bool Knows(HolderSet from, HolderSets sets) => ReferenceEquals(From, from) && Version == sets.Version;
    }
}
