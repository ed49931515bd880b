using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.EngineSim.Core;

/// <summary>A change of the block cache; the engine announces all but <see cref="CacheDropped"/>.</summary>
internal abstract record CacheEvent;

/// <summary>
/// Neighbouring full blocks of one request entered the cache. <see cref="Parent"/> is the block before the first,
/// null when the first is the request's block 0. <see cref="Tokens"/> are those of all <see cref="Blocks"/>, flat.
/// </summary>
internal sealed record BlocksStored(BlockKey[] Blocks, BlockKey? Parent, uint[] Tokens, RequestIdentity Identity) : CacheEvent;

/// <summary>One physical copy of a block was evicted.</summary>
internal sealed record BlockRemoved(BlockKey Block) : CacheEvent;

/// <summary>The whole cache was reset.</summary>
internal sealed record CacheCleared : CacheEvent;

/// <summary>The whole cache is gone and nobody is told: an engine that lies.</summary>
internal sealed record CacheDropped : CacheEvent;

/// <summary>What enters a request's block keys beside its tokens.</summary>
/// <param name="LoraName">The adapter; null for the base model.</param>
/// <param name="LoraId">The adapter's number from 1, in the order the engine was given them; null for the base model.</param>
/// <param name="CacheSalt">The request's <c>cache_salt</c>.</param>
internal sealed record RequestIdentity(string? LoraName, int? LoraId, string? CacheSalt)
{
    public static RequestIdentity Plain { get; } = new(null, null, null);
}
