using OrleansKvRouter.Contracts.Resources;
using YamlDotNet.Core;

namespace OrleansKvRouter.Discovery.Yaml;

/// <summary>Errors and warnings of one load, in the order in which they were found. Used by one thread.</summary>
internal sealed class IssueList
{
    public List<ResourceIssue> Errors { get; } = [];

    public List<ResourceIssue> Warnings { get; } = [];
}

/// <summary>Where a document stands; what is found wrong in it is reported through here.</summary>
/// <param name="File">The file's path as given.</param>
/// <param name="Label"><c>document 2 (InferencePool default/qwen)</c>.</param>
/// <param name="Issues">Collects what is found.</param>
internal sealed record DocumentScope(string File, string Label, IssueList Issues)
{
    public void Error(Mark at, string field, string what) => Issues.Errors.Add(Issue(at, field, what));

    public void Warn(Mark at, string field, string what) => Issues.Warnings.Add(Issue(at, field, what));

    /// <summary><c>document 2 (…) at pools.yaml:12</c>: how another document's issue refers to this one.</summary>
    public string Refer(Mark at) => $"{Label} at {File}:{at.Line}";

    private ResourceIssue Issue(Mark at, string field, string what) =>
        new() { File = File, Line = (int)at.Line, Column = (int)at.Column, Document = Label, Field = field, What = what };
}
