using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>How far an endpoint's tiers reach together, and what that is worth.</summary>
public sealed class TierReachTests
{
    private const int BlockSize = 16;

    private static readonly BlockKey[] Keys = [.. Enumerable.Range(1, 10).Select(key => new BlockKey((ulong)key))];

    private readonly InMemoryBlockIndex _index = new();
    private readonly FeedTarget _feed;

    public TierReachTests() => _feed = new FeedTarget("pool", "default/a", _index, _index.AddHolder(), PoolKeyScheme.Create("sha256_cbor", "42").Value!, BlockSize);

    [Theory]
    [InlineData(4, 0, 0, 64, 64, 64)]
    [InlineData(0, 4, 0, 0, 64, 64)]
    [InlineData(2, 4, 6, 32, 64, 96)]
    [InlineData(6, 4, 2, 96, 96, 96)]
    [InlineData(2, 0, 6, 32, 32, 96)]
    public async Task Of_LeadingBlocksInEachTier_ABlockCountsWithTheFastest(int gpu, int cpu, int disk, int onGpu, int toCpu, int toDisk)
    {
        Hold(Tier.Gpu, 0, gpu);
        Hold(Tier.Cpu, 0, cpu);
        Hold(Tier.Disk, 0, disk);

        Assert.Equal(new TierReach(gpu, onGpu, toCpu, toDisk), await ReachAsync(tokens: 200));
    }

    [Fact]
    public async Task Of_LowerTierWithoutTheFirstBlock_CountsForNothing()
    {
        Hold(Tier.Gpu, 0, 2);
        Hold(Tier.Cpu, 2, 4);

        Assert.Equal(new TierReach(2, 32, 32, 32), await ReachAsync(tokens: 200));
    }

    [Theory]
    [InlineData(160, 144)]
    [InlineData(161, 160)]
    [InlineData(17, 16)]
    [InlineData(16, 0)]
    public async Task Of_EverythingHeld_TheLastTokenIsComputed(int tokens, int usable)
    {
        Hold(Tier.Gpu, 0, 10);

        Assert.Equal(usable, (await ReachAsync(tokens)).Gpu);
    }

    [Fact]
    public async Task Of_EngineWithLargerBlocks_WholeOnesOfItsOwnCount()
    {
        Hold(Tier.Gpu, 0, 7);
        _feed.KeysPerBlock = 4;

        Assert.Equal(64, (await ReachAsync(tokens: 200)).Gpu);
    }

    [Theory]
    [InlineData(1, 0.8, 0.4, 70)]
    [InlineData(1, 0, 0, 32)]
    [InlineData(0, 0, 1, 32)]
    [InlineData(1, 1, 1, 96)]
    public void Weigh_TokensInThreeTiers_EachByItsWeight(double gpu, double cpu, double disk, int worth)
    {
        var reach = new TierReach(2, Gpu: 32, Cpu: 64, Disk: 96);

        Assert.Equal(worth, reach.Weigh(new TierWeights { Gpu = gpu, Cpu = cpu, Disk = disk }));
    }

    private void Hold(Tier tier, int first, int count)
    {
        if (count > 0) _index.Store(_feed.HolderFor(tier), null, Keys.AsSpan(first, count));
    }

    private async Task<TierReach> ReachAsync(int tokens)
    {
        var matches = new PrefixMatches();
        await _index.WalkAsync(Keys, matches);
        return TierReach.Of(matches, _feed.Holder, _feed, BlockSize, tokens);
    }
}
