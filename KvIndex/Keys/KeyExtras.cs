namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>What belongs to a request's block keys beside its tokens; <c>default</c> for a plain text request.</summary>
/// <param name="LoraName">The adapter's name as the client puts it in <c>model</c>: part of every block's key (vLLM v0.11.1 on).</param>
/// <param name="CacheSalt">The request's <c>cache_salt</c>: part of the first block's key, and through the chain of all. Empty is none.</param>
public readonly record struct KeyExtras(string? LoraName, string? CacheSalt)
{
    /// <summary>Multimodal items in order of offset: each is part of the keys of the blocks that it overlaps.</summary>
    public ReadOnlyMemory<MultimodalItem> Items { get; init; }

    /// <summary>SHA-256 digests (32 bytes each, v0.17 on) of the prompt embeddings of each full block, end to end; empty without embeddings.</summary>
    public ReadOnlyMemory<byte> EmbeddingDigests { get; init; }

    /// <summary>The adapter's number in the engine, which <see cref="ExtraKeyEra.Numbered"/> hashes instead of its name.</summary>
    public long? LoraNumber { get; init; }

    /// <summary>Whose rules apply.</summary>
    public ExtraKeyEra Era { get; init; }

    /// <summary>
    /// Tokens of the prompt, where generated tokens follow it: a block that they complete is hashed later, when vLLM
    /// looks at the last multimodal item only. 0 when all tokens are the prompt's.
    /// </summary>
    public int PromptLength { get; init; }
}

/// <summary>One image, video or audio clip of a prompt.</summary>
/// <param name="Identifier">The engine's name for its content: the client's <c>uuid</c> or a hash that the engine makes.</param>
/// <param name="Offset">The index in the prompt of its first placeholder token.</param>
/// <param name="Length">Its placeholder tokens.</param>
public readonly record struct MultimodalItem(string Identifier, int Offset, int Length);

/// <summary>How vLLM forms extra keys, by release.</summary>
public enum ExtraKeyEra
{
    /// <summary>v0.19 on: adapters by name, items as identifier and offset from the start of the block.</summary>
    Paired,

    /// <summary>v0.11.1 to v0.18: adapters by name, items as their bare identifier.</summary>
    Bare,

    /// <summary>Up to v0.11.0: adapters by number, items as their bare identifier.</summary>
    Numbered,
}
