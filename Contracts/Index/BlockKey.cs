namespace OrleansKvRouter.Contracts.Index;

/// <summary>
/// The name of one full KV-cache block in the router's index: 64 bits that stand for the block's tokens,
/// every block before it and the extra keys (LoRA name, cache salt, …). Where a pool's key function is the
/// engines' own hash, the value is the last eight bytes of the engine's digest, big-endian: the number that
/// vLLM publishes in KV events (v0.10.0 on).
/// </summary>
public readonly record struct BlockKey(ulong Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// An engine's own name for a block, as it stood in an event, reduced to 64 bits: an integer as it is (a signed
/// one reinterpreted), a byte string's last eight bytes, big-endian. Not a <see cref="BlockKey"/> until somebody has shown that it is one.
/// </summary>
public readonly record struct EngineBlockHash(ulong Value);

/// <summary>
/// A holder of blocks in one index: a dense small number that the index issues for one (endpoint, data-parallel
/// rank, storage tier) and never means two of them at once.
/// </summary>
public readonly record struct HolderId(int Value);
