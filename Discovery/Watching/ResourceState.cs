using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Discovery.Watching;

/// <summary>What is in effect, and what is wrong with the files as they stand now. Immutable.</summary>
/// <param name="Snapshot">The last version without errors.</param>
/// <param name="Errors">Why the files' present version is not in effect; empty when it is.</param>
/// <param name="Warnings">Of the files' present version.</param>
/// <param name="ReadAt">When the present version was read.</param>
public sealed record ResourceState(
    ResourceSnapshot Snapshot, IReadOnlyList<ResourceIssue> Errors, IReadOnlyList<ResourceIssue> Warnings, DateTimeOffset ReadAt);
