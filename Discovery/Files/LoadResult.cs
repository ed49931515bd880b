using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Discovery.Files;

/// <summary>What reading resource files gave.</summary>
public sealed record LoadResult
{
    internal LoadResult(IReadOnlyList<string> paths, string fingerprint) => (Paths, Fingerprint) = (paths, fingerprint);

    /// <summary>What the documents say; null when there is any error.</summary>
    public ResourceSnapshot? Snapshot { get; init; }

    /// <summary>Everything that is wrong, not just the first.</summary>
    public IReadOnlyList<ResourceIssue> Errors { get; init; } = [];

    /// <summary>What is ignored, or probably not meant.</summary>
    public IReadOnlyList<ResourceIssue> Warnings { get; init; } = [];

    /// <summary>The files and folders that were asked for.</summary>
    internal IReadOnlyList<string> Paths { get; }

    /// <summary>The <see cref="FileSet.Fingerprint"/> of what was read.</summary>
    internal string Fingerprint { get; }
}
