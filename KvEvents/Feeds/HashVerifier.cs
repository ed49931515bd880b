using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Compares what an engine calls its blocks with what the pool's key function makes of their tokens, for a sample of
/// the events that start at the root: the first one, every 8th until an engine is known to be exact, every 64th from then on.
/// The first blocks are enough, because whatever differs (algorithm, seed, version) changes every hash of a chain.
/// </summary>
internal sealed class HashVerifier(PoolKeyScheme scheme)
{
    private const int BlocksCompared = 4;
    private const int EventsBetween = 8;
    private const int EventsBetweenWhenExact = 64;

    private int _skip;

    /// <summary>Starts over: the next root event is of the sample.</summary>
    public void Restart() => _skip = 0;

    /// <summary>What the event shows about the engine; null when it shows nothing or is not of the sample.</summary>
    /// <param name="stored">An event of the pool's block size.</param>
    /// <param name="payload">The payload it was decoded from.</param>
    /// <param name="exact">The engine is taken to be exact so far.</param>
    public EngineTrust? Check(in BlockStored stored, ReadOnlySpan<byte> payload, bool exact)
    {
        if (stored.Parent is not null || stored.Hashes.IsEmpty || !stored.TokensMatchHashes) return null;
        if (_skip-- > 0) return null;
        _skip = (exact ? EventsBetweenWhenExact : EventsBetween) - 1;

        // Up to v0.13 the event does not name the adapter whose name the hash may contain.
        if (stored.HasLoraId && stored.LoraName is null) return null;
        var blocks = Math.Min(BlocksCompared, stored.Hashes.Length);
        var form = ExtraKeysReader.Read(payload[stored.ExtraKeys], stored.LoraName is not null, blocks, out var salt);
        if (form == ExtraKeysForm.Other) return null;

        var tokens = stored.Tokens[..(blocks * (int)stored.BlockSize)];
        var verdict = scheme.Verify(tokens, (int)stored.BlockSize, new KeyExtras(stored.LoraName, salt), stored.Hashes[..blocks]);
        if (verdict.Cause is not { } cause) return EngineTrust.Exact;

        // Keys that the event does not tell of, or an image's identifier taken for a salt, explain a difference too.
        return exact && form != ExtraKeysForm.Plain ? null : EngineTrust.Unverified(cause);
    }
}
