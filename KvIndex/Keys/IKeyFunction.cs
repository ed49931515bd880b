using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// A pool's key function K(parent, tokens, extra keys): token ids → the chain of block keys. Immutable and safe
/// to use from any thread.
/// </summary>
public interface IKeyFunction
{
    /// <summary>The name of the scheme as vLLM's <c>--prefix-caching-hash-algo</c> spells it, or <c>sglang</c> or <c>own</c>.</summary>
    string Name { get; }

    /// <summary>Where every chain starts; vLLM's NONE_HASH.</summary>
    ChainState Root { get; }

    /// <summary>Bytes of a <see cref="ChainState"/> after any block; the root's may be more, or none.</summary>
    int ChainBytes { get; }

    /// <summary>Bytes to keep beside a block's key so that the chain can go on from it: <see cref="ChainBytes"/>, or 0 where the key tells all.</summary>
    int StateBytes { get; }

    /// <summary>The chain as it stands after a block.</summary>
    /// <param name="key">The block's key.</param>
    /// <param name="state">The chain's bytes then; none where <see cref="StateBytes"/> is 0.</param>
    ChainState Resume(BlockKey key, ReadOnlySpan<byte> state);

    /// <summary>
    /// Computes the keys of all full blocks of <paramref name="tokens"/>; a tail shorter than a block has none.
    /// </summary>
    /// <param name="tokens">Token ids of the whole prompt.</param>
    /// <param name="blockSize">Tokens a block, at least 1.</param>
    /// <param name="extra">What belongs to the key beside the tokens.</param>
    /// <param name="keys">Room for <c>tokens.Length / blockSize</c> keys.</param>
    /// <returns>
    /// The number of keys written. Fewer than there are full blocks where a block's hash depends on what only the
    /// engine knows (see <see cref="Next"/>): then that block and all after it have no key.
    /// </returns>
    int ComputeKeys(ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, Span<BlockKey> keys);

    /// <summary>Computes the key of the block that follows <paramref name="chain"/>, and moves the chain on.</summary>
    /// <param name="chain"><see cref="Root"/>, or what this function left after the block before.</param>
    /// <param name="block">The block's token ids.</param>
    /// <param name="extras">The block's extra keys.</param>
    /// <returns>
    /// The key; null, and the chain as it was, where the hash depends on what only the engine knows: with the pickle algorithms two
    /// equal strings among the extra keys (the bytes differ with Python's object identity) and blocks of 64 KiB and
    /// more; with <c>sglang</c> any extra key (which of them count differs by release).
    /// </returns>
    BlockKey? Next(ref ChainState chain, ReadOnlySpan<uint> block, scoped in ExtraKeyList extras);
}
