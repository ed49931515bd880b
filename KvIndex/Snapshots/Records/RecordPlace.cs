namespace OrleansKvRouter.KvIndex.Snapshots.Records;

/// <summary>Where a record stands, and the hash that its bytes must have.</summary>
/// <param name="Segment">The generation whose segment it stands in.</param>
/// <param name="Offset">In bytes.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Hash">XXH3 (64 bits) of the bytes.</param>
public readonly record struct RecordPlace(long Segment, long Offset, int Length, ulong Hash);
