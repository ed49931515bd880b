using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Scheduling.Model;

/// <summary>
/// An endpoint as the scheduler sees it. Everything but <see cref="Load"/> is immutable; the pool publishes a new
/// array of candidates when endpoints change, and a candidate keeps its load and holder over such a change.
/// </summary>
public sealed record Candidate(EndpointSpec Endpoint, HolderId Holder, EndpointLoad Load);
