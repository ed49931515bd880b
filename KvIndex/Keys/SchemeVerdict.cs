namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>Whether an engine's hashes are the pool's keys.</summary>
/// <param name="Cause">Null when they are; else the likely reason why they are not, for people to read.</param>
public readonly record struct SchemeVerdict(string? Cause)
{
    public static SchemeVerdict Exact => default;

    /// <summary>Nobody outside the engine can compute what was to be compared, so nothing is shown either way.</summary>
    public static SchemeVerdict Unknowable { get; } =
        new("the extra keys (multimodal items, adapter) make hashes that only the engine can compute") { IsInconclusive = true };

    public static SchemeVerdict Differs(string cause) => new(cause);

    public bool IsExact => Cause is null;

    /// <summary>The comparison shows nothing: what was known of the engine stays true.</summary>
    public bool IsInconclusive { get; private init; }
}
