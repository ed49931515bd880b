using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>
/// The node as the admin listener sees it; the composition root implements it. Any thread may ask at any time,
/// and no answer waits for anything but an explanation's own work.
/// </summary>
internal interface INodeView
{
    /// <summary>Why the node is not ready to route, one reason each; empty when it is.</summary>
    IReadOnlyList<string> NotReady { get; }

    /// <summary>The ZeroMQ address that engines publish to.</summary>
    string Events { get; }

    /// <summary>What is wrong in the resource documents now; empty when nothing is.</summary>
    IReadOnlyList<ResourceError> ResourceErrors { get; }

    /// <summary>Every pool at this moment, ordered by namespace and name.</summary>
    IReadOnlyList<PoolStatus> Pools { get; }

    /// <summary>Works out how a request would be routed, and routes nothing.</summary>
    ValueTask<ExplainOutcome> ExplainAsync(ExplainQuery query, CancellationToken cancellation);
}

/// <summary>What to explain.</summary>
/// <param name="Namespace">The pool's namespace.</param>
/// <param name="Pool">The pool's name; the pool existed a moment ago.</param>
/// <param name="Path">The path that the request would have: <c>/v1/chat/completions</c> or <c>/v1/completions</c>.</param>
/// <param name="Body">The OpenAI request.</param>
/// <param name="WithTokens">Whether <see cref="ExplainResult.TokenIds"/> is wanted.</param>
internal sealed record ExplainQuery(string Namespace, string Pool, string Path, ReadOnlyMemory<byte> Body, bool WithTokens);

/// <summary>Either <see cref="Explained"/> or <see cref="Refused"/>.</summary>
internal abstract record ExplainOutcome
{
    private ExplainOutcome() { }

    public sealed record Explained(ExplainResult Result) : ExplainOutcome;

    /// <summary>Why there is no explanation.</summary>
    /// <param name="Status">400 for what the sender got wrong, 404 when the pool has gone, 503 when it cannot be answered yet.</param>
    /// <param name="Fault">What is wrong and how to mend it.</param>
    /// <param name="Field">The field of the body, or the parameter, at fault, where known.</param>
    public sealed record Refused(int Status, Fault Fault, string? Field = null) : ExplainOutcome;
}
