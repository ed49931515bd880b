using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>
/// Compares what an engine calls its blocks with what the pool's key function makes of their tokens, for a sample of
/// the events that start at the root: the first one, every 8th until it is clear whether an engine is exact, every 64th from then on.
/// The first blocks are enough, because whatever differs (algorithm, seed, version) changes every hash of a chain.
/// </summary>
internal sealed class HashVerifier(PoolKeyScheme scheme)
{
    private const int BlocksCompared = 4;
    private const int EventsBetween = 8;
    private const int EventsBetweenWhenClear = 64;

    /// <summary>So many events in a row that differ convict an engine that was exact, whatever else could explain one of them.</summary>
    private const int Doubts = 3;

    private int _skip;
    private int _doubts;

    /// <summary>Starts over: the next root event is of the sample.</summary>
    public void Restart() => (_skip, _doubts) = (0, 0);

    /// <summary>What the event shows about the engine; null when it shows nothing or is not of the sample.</summary>
    /// <param name="stored">An event of a block size that fits the pool's.</param>
    /// <param name="payload">The payload it was decoded from.</param>
    /// <param name="believed">What the engine is taken for so far.</param>
    public SchemeVerdict? Check(in BlockStored stored, ReadOnlySpan<byte> payload, TrustState believed)
    {
        if (stored.Parent is not null || stored.Hashes.IsEmpty || !stored.TokensMatchHashes) return null;
        if (_skip-- > 0) return null;
        var exact = believed == TrustState.Exact;
        _skip = EventsBetween - 1;

        // Up to v0.13 the event does not name the adapter whose name the hash may contain.
        if (stored.HasLoraId && stored.LoraName is null) return null;
        var blocks = Math.Min(BlocksCompared, stored.Hashes.Length);
        var form = ExtraKeysReader.Read(payload[stored.ExtraKeys], stored.LoraName is not null, blocks, out var salt);
        if (form == ExtraKeysForm.Other) return null;
        if (exact || (believed == TrustState.Mapped && form == ExtraKeysForm.Plain)) _skip = EventsBetweenWhenClear - 1;

        var tokens = stored.Tokens[..(blocks * (int)stored.BlockSize)];
        var verdict = scheme.Verify(tokens, (int)stored.BlockSize, new KeyExtras(stored.LoraName, salt), stored.Hashes[..blocks]);
        if (verdict.IsInconclusive) return null;
        if (verdict.IsExact || !exact || form == ExtraKeysForm.Plain)
        {
            _doubts = 0;
            return verdict;
        }

        // Keys that the event does not tell of, or an image's identifier taken for a salt, explain a difference too: the next ones tell.
        _skip = 0;
        if (++_doubts < Doubts) return null;
        _doubts = 0;
        return verdict;
    }
}
