using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// A pool's key function K(parent, tokens, extra keys): token ids → the chain of block keys. Immutable and safe
/// to use from any thread.
/// </summary>
public interface IKeyFunction
{
    /// <summary>The name of the scheme as vLLM's <c>--prefix-caching-hash-algo</c> spells it.</summary>
    string Name { get; }

    /// <summary>
    /// Computes the keys of all full blocks of <paramref name="tokens"/>; a tail shorter than a block has none.
    /// </summary>
    /// <param name="tokens">Token ids of the whole prompt.</param>
    /// <param name="blockSize">Tokens a block, at least 1.</param>
    /// <param name="extra">What belongs to the key beside the tokens.</param>
    /// <param name="keys">Room for <c>tokens.Length / blockSize</c> keys.</param>
    /// <returns>The number of keys written.</returns>
    int ComputeKeys(ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, Span<BlockKey> keys);
}
