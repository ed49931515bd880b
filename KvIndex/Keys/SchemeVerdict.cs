namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>Whether an engine's hashes are the pool's keys.</summary>
/// <param name="Cause">Null when they are; else the likely reason why they are not, for people to read.</param>
public readonly record struct SchemeVerdict(string? Cause)
{
    public static SchemeVerdict Exact => default;

    public static SchemeVerdict Differs(string cause) => new(cause);

    public bool IsExact => Cause is null;
}
