using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Yaml;
using YamlDotNet.Core;

namespace OrleansKvRouter.Discovery.Documents;

/// <summary>One document, read and checked by itself, but not yet against the others.</summary>
internal abstract record ResourceDocument(DocumentScope Scope, Mark At, Metadata Metadata)
{
    public abstract string Kind { get; }
}

/// <summary>An InferencePool.</summary>
internal sealed record PoolDocument(
    DocumentScope Scope, Mark At, Metadata Metadata, IReadOnlyDictionary<string, string> Selector, IReadOnlyList<int> TargetPorts)
    : ResourceDocument(Scope, At, Metadata)
{
    public override string Kind => "InferencePool";
}

/// <summary>An InferenceTrafficPolicy for the pool of that name in its own namespace.</summary>
internal sealed record PolicyDocument(DocumentScope Scope, Mark At, Metadata Metadata, string PoolName, TrafficPolicy Policy)
    : ResourceDocument(Scope, At, Metadata)
{
    public override string Kind => "InferenceTrafficPolicy";
}

/// <summary>A Pod.</summary>
/// <param name="Scope">Where the document stands.</param>
/// <param name="At">Where it starts.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="Ip">In canonical spelling; null when the pod has none yet or has ended.</param>
/// <param name="Ready">Ready, and not being deleted.</param>
internal sealed record PodDocument(DocumentScope Scope, Mark At, Metadata Metadata, string? Ip, bool Ready) : ResourceDocument(Scope, At, Metadata)
{
    public override string Kind => "Pod";
}
