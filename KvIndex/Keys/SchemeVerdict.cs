using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>Whether an engine's hashes are the pool's keys.</summary>
/// <param name="Difference">Null when they are; else the likely reason why they are not.</param>
public readonly record struct SchemeVerdict(SchemeDifference? Difference)
{
    private static readonly SchemeDifference OnlyTheEngineKnows =
        new(SchemeParts.None, "the extra keys (multimodal items, adapter) make hashes that only the engine can compute");

    public static SchemeVerdict Exact => default;

    /// <summary>Nobody outside the engine can compute what was to be compared, so nothing is shown either way.</summary>
    public static SchemeVerdict Unknowable => new(OnlyTheEngineKnows) { IsInconclusive = true };

    public static SchemeVerdict Differs(SchemeDifference difference) => new(difference);

    public bool IsExact => Difference is null;

    /// <summary>The comparison shows nothing: what was known of the engine stays true.</summary>
    public bool IsInconclusive { get; private init; }
}
