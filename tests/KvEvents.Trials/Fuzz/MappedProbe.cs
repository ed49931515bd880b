using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>A map of an engine's hashes that every decoded batch goes into, and whose tables are looked at after each.</summary>
internal sealed class MappedProbe(FeedTarget target)
{
    private readonly MappedBlocks _blocks = new(target, OwnKeys.Instance);

    public int MostWaiting { get; private set; }

    /// <summary>Applies a batch; returns which bound was broken, or null.</summary>
    public string? Apply(KvEventBatch batch, ReadOnlySpan<byte> payload)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            switch (batch.KindOf(i))
            {
                case KvEventKind.BlockStored:
                    var stored = batch.Stored(i);
                    var outcome = default(MappedOutcome);
                    if (Tiers.Of(stored.Medium) is { } tier && Fits(stored)) _blocks.Store(stored, tier, payload, ref outcome);
                    break;
                case KvEventKind.BlockRemoved:
                    var removed = batch.Removed(i);
                    if (Tiers.Of(removed.Medium) is { } from) _blocks.Remove(removed.Hashes, from);
                    break;
            }
        }

        MostWaiting = Math.Max(MostWaiting, _blocks.Waiting);
        return _blocks.Waiting > PendingBlocks.MaxBlocks ? $"{_blocks.Waiting} blocks wait for their parents"
            : _blocks.Count > MappedBlocks.MaxBlocks ? $"{_blocks.Count} blocks are in a map"
            : _blocks.Bytes > 64 << 20 ? $"a map has {_blocks.Bytes} bytes"
            : null;
    }

    /// <summary>What is refused before it gets to a map.</summary>
    private bool Fits(in BlockStored stored) =>
        !stored.TokensMatchHashes || (stored.BlockSize % (uint)target.BlockSize == 0 && stored.BlockSize / (uint)target.BlockSize <= MappedBlocks.MaxKeysPerBlock);
}
