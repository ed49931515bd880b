using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Feedback;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>The decision, as the front ends (ext_proc, gateway) see it.</summary>
public interface IEndpointPicker
{
    ValueTask<PickOutcome> PickAsync(PickRequest request, CancellationToken cancellation);
}

/// <summary>One request to place.</summary>
public sealed record PickRequest
{
    /// <summary>The client's <c>x-request-id</c>, or one that the front end made.</summary>
    public required string RequestId { get; init; }

    /// <summary>The request's <c>:path</c>, query included.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The body, on loan until the pick completes; null for a request that has none (the decision is then made on load alone).
    /// </summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>The only endpoints (<c>ip:port</c>) that may be picked; null: all of the pool's.</summary>
    public IReadOnlyList<string>? Subset { get; init; }
}

/// <summary>A placed request, until the end of its answer: in flight until disposed, once.</summary>
public interface IRequestLease : IDisposable
{
    /// <summary>Whether what the engine reports can be compared with anything; when false, nobody need look for it.</summary>
    bool WantsUsage { get; }

    /// <summary>Takes what the engine reported, before disposal and once at most.</summary>
    void Report(ReportedUsage usage);
}

/// <summary>Either <see cref="Picked"/> or <see cref="Refused"/>.</summary>
public abstract record PickOutcome
{
    private PickOutcome() { }

    /// <summary>Where to send the request.</summary>
    /// <param name="Destination"><c>ip:port[,ip:port…]</c>, the best first.</param>
    /// <param name="Lease">Counts the request as in flight until disposed, once.</param>
    public sealed record Picked(string Destination, IRequestLease Lease) : PickOutcome
    {
        /// <summary>The request header in which engines are told the data-parallel rank (vLLM from v0.11.1, SGLang from 2026-03).</summary>
        public const string RankHeader = "x-data-parallel-rank";

        /// <summary>The data-parallel rank that is to compute the request; null where the engine chooses.</summary>
        public int? Rank { get; init; }
    }

    /// <summary>Why there is no endpoint: 400 (the sender's fault), 413, 429 (shed), 503 (no endpoint ready).</summary>
    public sealed record Refused(int Status, Fault Fault) : PickOutcome;
}
