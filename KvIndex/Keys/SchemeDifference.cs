using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>In what an engine's hashes differ from the pool's keys.</summary>
/// <param name="Parts">What differs as far as it is known; where it can only be guessed, all that is likely. None where nothing of the engine's settings does.</param>
/// <param name="Cause">The same for people to read.</param>
public sealed record SchemeDifference(SchemeParts Parts, string Cause);
