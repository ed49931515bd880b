using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Scheduling;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>
/// How far into a prompt one endpoint's caches reach. An engine takes what its GPU has, then goes on in the tier below
/// for as long as that has the blocks from the first one on; a block counts with the fastest tier that reaches it.
/// </summary>
/// <param name="GpuBlocks">Leading blocks on the GPU.</param>
/// <param name="Gpu">Usable tokens on the GPU.</param>
/// <param name="Cpu">Usable tokens on the GPU or in the CPU's memory.</param>
/// <param name="Disk">Usable tokens anywhere: what the engine need not compute.</param>
internal readonly record struct TierReach(int GpuBlocks, int Gpu, int Cpu, int Disk)
{
    /// <param name="matches">A walk's result.</param>
    /// <param name="gpu">The endpoint's holder.</param>
    /// <param name="feed">Who knows its other tiers; null where events are not tracked.</param>
    /// <param name="blockSize">Tokens a block.</param>
    /// <param name="tokens">Tokens in the prompt.</param>
    public static TierReach Of(PrefixMatches matches, HolderId gpu, FeedTarget? feed, int blockSize, int tokens)
    {
        var ownBlock = feed?.KeysPerBlock ?? 1;
        var onGpu = matches.BlocksOf(gpu);
        var onCpu = Math.Max(onGpu, BlocksIn(Tier.Cpu));
        var onDisk = Math.Max(onCpu, BlocksIn(Tier.Disk));
        return new TierReach(onGpu, Usable(onGpu), Usable(onCpu), Usable(onDisk));

        int BlocksIn(Tier tier) => feed?.HolderOf(tier) is { } holder ? matches.BlocksOf(holder) : 0;

        // An engine with larger blocks than the pool's reuses whole ones.
        int Usable(int blocks) => UsablePrefix.Tokens(blocks / ownBlock, blockSize * ownBlock, tokens);
    }

    /// <summary>What the tokens are worth, in tokens on the GPU.</summary>
    public int Weigh(TierWeights weights) =>
        (int)((weights.Gpu * Gpu) + (weights.Cpu * (Cpu - Gpu)) + (weights.Disk * (Disk - Cpu)));
}
