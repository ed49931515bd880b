using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.EppService.Feedback;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;

namespace OrleansKvRouter.Tests.EppService.Pools;

/// <summary>Which endpoint a stream of events belongs to.</summary>
public sealed class FeedDirectoryTests
{
    private readonly PoolRegistry _registry = new(TestModels.Nothing, new InMemoryIndexes(new IndexOptions()), Ledgers.Open, NullLogger<PoolRegistry>.Instance);

    [Fact]
    public void Find_TwoPoolsSelectThePod_TheOneWithTheTopicsModelHasIt()
    {
        _registry.Apply(Resources(
            Pool("llama", Tracking("meta/Llama-3"), Pod("a", "10.0.0.1")),
            Pool("qwen", Tracking(), Pod("a", "10.0.0.1"))));
        Assert.Equal("qwen", _registry.Find("10.0.0.1", null, 0, "Qwen3-32B")!.Pool);
        Assert.Equal("qwen", _registry.Find("10.0.0.1", 8000, 0, "Qwen/Qwen3-32B")!.Pool);
        Assert.Equal("llama", _registry.Find("10.0.0.1", null, 0, "Llama-3")!.Pool);
    }

    [Fact]
    public void Find_OnlyOneOfTwoPoolsTracks_ItHasThePodWhateverTheModel()
    {
        _registry.Apply(Resources(Pool("plain", TrafficPolicy.Default, Pod("a", "10.0.0.1")), Pool("qwen", Tracking(), Pod("a", "10.0.0.1"))));
        Assert.Equal("qwen", _registry.Find("10.0.0.1", null, 0, "another-name")!.Pool);
    }

    [Fact]
    public void Find_SeveralPortsAndTheTopicNamesOne_ThatOneWhateverTheRank()
    {
        _registry.Apply(Resources(Pool("qwen", Tracking(), Pod("a", "10.0.0.1", port: 8000, rank: 0), Pod("a", "10.0.0.1", port: 8001, rank: 1))));
        Assert.Same(Feed(1), _registry.Find("10.0.0.1", 8001, 0, Model));
        Assert.Same(Feed(0), _registry.Find("10.0.0.1", 8000, 0, Model));
        Assert.Null(_registry.Find("10.0.0.1", 8002, 0, Model));
    }

    [Fact]
    public void Find_SeveralPortsAndTheTopicNamesNone_ByTheRank()
    {
        _registry.Apply(Resources(Pool("qwen", Tracking(), Pod("a", "10.0.0.1", port: 8000, rank: 0), Pod("a", "10.0.0.1", port: 8001, rank: 1))));
        Assert.Same(Feed(0), _registry.Find("10.0.0.1", null, 0, Model));
        Assert.Same(Feed(1), _registry.Find("10.0.0.1", null, 1, Model));
    }

    [Fact]
    public void Find_PolicyTellsOfRanks_EachPortHasItsOwn()
    {
        var policy = Tracking() with { DataParallel = new DataParallelConfig { Ranks = 2 } };
        _registry.Apply(Resources(Pool("qwen", policy, Pod("a", "10.0.0.1", port: 8000, rank: 0), Pod("a", "10.0.0.1", port: 8001, rank: 1))));

        Assert.Equal([0, 1], Ranks(0));
        Assert.Equal([2, 3], Ranks(1));
        Assert.Equal(4, _registry.Feeds.Select(feed => feed.Holder).Distinct().Count());
        Assert.Equal([0, 1, 2, 3], _registry.Feeds.Select(feed => feed.Sockets!.Rank));
        for (var rank = 0; rank < 4; rank++) Assert.Equal(rank, _registry.Find("10.0.0.1", null, rank, Model)!.Sockets!.Rank);
    }

    [Fact]
    public void Find_OneRankToldOf_TheFirstHeardIsItAndOthersGetHoldersOfTheirOwn()
    {
        _registry.Apply(Resources(Pool("qwen", Tracking(), Pod("a", "10.0.0.1"))));
        Assert.Same(Feed(0), _registry.Find("10.0.0.1", null, 3, Model));
        var other = _registry.Find("10.0.0.1", 8000, 4, Model)!;

        Assert.NotEqual(Feed(0)!.Holder, other.Holder);
        Assert.Same(Feed(0), _registry.Find("10.0.0.1", 8000, 3, Model));
        Assert.Same(other, _registry.Find("10.0.0.1", null, 4, Model));
        Assert.Equal([3, 4], Ranks(0));

        _registry.Apply(Resources());
        Assert.True(other.Retired);
    }

    [Fact]
    public void Find_Ipv6_ByItsCanonicalSpelling()
    {
        _registry.Apply(Resources(Pool("qwen", Tracking(), Pod("a", "fd00::1"))));
        Assert.Same(Feed(0), _registry.Find("fd00::1", 8000, 0, Model));
        Assert.Equal("[fd00::1]:8000", _registry.Pools[0].View.Endpoints[0].Spec.Address);
    }

    [Fact]
    public void Find_UnknownPodOrPoolThatDoesNotTrack_IsNull()
    {
        _registry.Apply(Resources(Pool("plain", TrafficPolicy.Default, Pod("a", "10.0.0.1"))));
        Assert.Null(_registry.Find("10.0.0.1", null, 0, Model));
        Assert.Null(_registry.Find("10.0.0.9", null, 0, Model));
    }

    [Fact]
    public void Find_TopicsModel_IsANameOfTheBaseModelFromThenOn()
    {
        _registry.Apply(Resources(Pool("qwen", Tracking(), Pod("a", "10.0.0.1"))));
        Assert.False(_registry.Pools[0].IsBaseModel("served-name"));
        _registry.Find("10.0.0.1", null, 0, "served-name");
        Assert.True(_registry.Pools[0].IsBaseModel("served-name"));
    }

    private IEnumerable<int> Ranks(int endpoint) => _registry.Pools[0].View.Endpoints[endpoint].Ranks!.All.Select(rank => rank.Number);

    private OrleansKvRouter.KvEvents.Feeds.FeedTarget? Feed(int endpoint) => _registry.Pools[0].View.Endpoints[endpoint].Feed;
}
