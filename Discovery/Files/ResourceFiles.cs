using OrleansKvRouter.Discovery.Documents;
using OrleansKvRouter.Discovery.Yaml;

namespace OrleansKvRouter.Discovery.Files;

/// <summary>
/// Pools, policies and pods from Kubernetes manifests in files. Strict: an unknown or ill-typed field is an error, and so is
/// a contradiction between documents, because a misspelt setting that is ignored is found only by its effects.
/// </summary>
public static class ResourceFiles
{
    /// <summary>Reads files and folders (of those, *.yaml, *.yml and *.json). Never throws for what is in them.</summary>
    public static LoadResult Load(IReadOnlyList<string> paths) => Load(paths, FileSet.Read(paths));

    internal static LoadResult Load(IReadOnlyList<string> paths, FileSet files)
    {
        var issues = new IssueList();
        issues.Errors.AddRange(files.Faults);
        var documents = files.Files.SelectMany(file => DocumentReader.Read(file.Path, file.Bytes, issues)).ToArray();
        var snapshot = SnapshotBuilder.Build(documents, issues);
        return new LoadResult(paths, files.Fingerprint)
        {
            Snapshot = issues.Errors.Count == 0 ? snapshot : null,
            Errors = issues.Errors,
            Warnings = issues.Warnings,
        };
    }
}
