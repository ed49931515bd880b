namespace OrleansKvRouter.Contracts.Engines;

/// <summary>One entry of an engine's <c>/v1/models</c>.</summary>
/// <param name="Id">The name that requests use.</param>
/// <param name="Parent">The base model that an adapter belongs to; null for a base model.</param>
public sealed record ServedModel(string Id, string? Parent);
