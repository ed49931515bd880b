using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>What an event says; the tags of vLLM's <c>kv_events.py</c> without the unknown ones.</summary>
internal enum KvEventKind : byte
{
    BlockStored,
    BlockRemoved,
    AllBlocksCleared,
}

/// <summary>An engine computed blocks, or is about to. Valid until the batch it came from is decoded into again.</summary>
internal readonly ref struct BlockStored
{
    /// <summary>Neighbouring blocks of one chain; may be empty.</summary>
    public required ReadOnlySpan<EngineBlockHash> Hashes { get; init; }

    /// <summary>The block before the first; null at the root.</summary>
    public required EngineBlockHash? Parent { get; init; }

    /// <summary>
    /// All tokens of the blocks. Where their number is not hashes × block size the group skips blocks, or the
    /// announcement is by hash alone: which tokens a hash stands for is then unknown.
    /// </summary>
    public required ReadOnlySpan<uint> Tokens { get; init; }

    /// <summary>Tokens a block; 0 in the placeholders of offloading connectors.</summary>
    public required uint BlockSize { get; init; }

    /// <summary>GPU, CPU, …, in whatever case the producer writes it; null before v0.10.2, when there was only the GPU.</summary>
    public required string? Medium { get; init; }

    /// <summary>The adapter; null without one, and before v0.14.0.</summary>
    public required string? LoraName { get; init; }

    /// <summary>True when a LoRA id stands in the event: before v0.14.0 the only sign of an adapter.</summary>
    public required bool HasLoraId { get; init; }

    /// <summary>Where in the payload the extra keys of the blocks stand; empty when absent or nil.</summary>
    public required Range ExtraKeys { get; init; }

    /// <summary>The KV-cache group; 0 where engines do not say.</summary>
    public required uint Group { get; init; }

    /// <summary>How the group attends (<c>full_attention</c>, …); null before v0.22.0.</summary>
    public required string? SpecKind { get; init; }

    public bool TokensMatchHashes => BlockSize != 0 && (ulong)Hashes.Length * BlockSize == (ulong)Tokens.Length;
}

/// <summary>An engine gave up one physical copy of each block. Valid as long as <see cref="BlockStored"/>.</summary>
internal readonly ref struct BlockRemoved
{
    public required ReadOnlySpan<EngineBlockHash> Hashes { get; init; }

    /// <inheritdoc cref="BlockStored.Medium"/>
    public required string? Medium { get; init; }

    /// <inheritdoc cref="BlockStored.Group"/>
    public required uint Group { get; init; }
}
