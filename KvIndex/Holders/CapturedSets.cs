namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>The holder sets as they were at one moment.</summary>
internal sealed unsafe class CapturedSets
{
    private readonly byte[] _records;

    public CapturedSets(ReadOnlySpan<byte> records)
    {
        _records = GC.AllocateUninitializedArray<byte>(records.Length, pinned: true);
        records.CopyTo(_records);
    }

    /// <summary>The tags of a set that an entry had then are added to <paramref name="tags"/>.</summary>
    public void AddTagsTo(List<int> tags, uint number)
    {
        fixed (byte* records = _records)
        {
            var set = new HolderSet((HolderSet.Record*)(records + ((long)number * HolderSet.LineBytes)));
            for (var i = 0; i < set.Count; i++)
            {
                for (var word = set.Words[i]; word != 0; word &= word - 1) tags.Add(HolderSet.LowestTag(set.Places[i], word));
            }
        }
    }
}
