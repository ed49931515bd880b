using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.EppService.Feedback;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;

namespace OrleansKvRouter.Tests.EppService.Pools;

/// <summary>Resources → running pools: what lives on over a change, and what must not.</summary>
public sealed class PoolRegistryTests
{
    private static readonly BlockKey[] Chain = [new(1), new(2), new(3)];
    private readonly PoolRegistry _registry = new(TestModels.Nothing, new InMemoryIndexes(new IndexOptions()), Ledgers.Open, NullLogger<PoolRegistry>.Instance);

    private PoolRuntime Pool => Assert.Single(_registry.Pools);

    [Fact]
    public void Apply_ReadinessAndLabelsChange_KeepLoadHolderAndFeed()
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"));
        var before = Only();
        before.Candidate.Load.Enter(100);
        Fill(before);

        Apply(Tracking(), Pod("a", "10.0.0.1", ready: false) with { Labels = new Dictionary<string, string> { ["app"] = "qwen", ["zone"] = "b" } });

        var after = Only();
        Assert.False(after.Spec.Ready);
        Assert.Equal("b", after.Spec.Labels["zone"]);
        Assert.Same(before.Candidate.Load, after.Candidate.Load);
        Assert.Equal(before.Candidate.Holder, after.Candidate.Holder);
        Assert.Same(before.Feed, after.Feed);
        Assert.False(after.Feed!.Retired);
        Assert.Equal(3, after.Feed.Index.BlocksHeld(after.Candidate.Holder));
    }

    [Fact]
    public void Apply_PoolGone_ItsIndexGivesItsMemoryBack()
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"));
        var index = Only().Feed!.Index;
        Fill(Only());
        Assert.NotEqual(0, index.Statistics.Bytes);

        _registry.Apply(ResourceSnapshot.Empty);

        Assert.Equal(0, index.Statistics.Bytes);
        Assert.Empty(Walk(index).Holders.ToArray());
    }

    [Theory]
    [InlineData("10.0.0.1", "uid-2")]
    [InlineData("10.0.0.2", "uid-1")]
    public void Apply_NewUidOrAddress_IsANewEngineWithAnEmptyCache(string ip, string uid)
    {
        Apply(Tracking(), Pod("a", "10.0.0.1", uid: "uid-1"));
        var before = Only();
        before.Candidate.Load.Enter(100);
        Fill(before);

        Apply(Tracking(), Pod("a", ip, uid: uid));

        var after = Only();
        Assert.True(before.Feed!.Retired);
        Assert.False(after.Feed!.Retired);
        Assert.NotSame(before.Candidate.Load, after.Candidate.Load);
        Assert.Equal(0, after.Candidate.Load.InFlightRequests);
        Assert.Empty(Walk(after.Feed.Index).Holders.ToArray());
    }

    [Fact]
    public void Apply_EndpointLeaves_ItsFeedIsRetiredAndTheOthersKeepTheirBlocks()
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"), Pod("b", "10.0.0.2"));
        var (a, b) = (Pool.View.Endpoints[0], Pool.View.Endpoints[1]);
        Fill(a);
        Fill(b);

        Apply(Tracking(), Pod("b", "10.0.0.2"));

        Assert.True(a.Feed!.Retired);
        Assert.Equal([b.Candidate.Holder.Value], Walk(b.Feed!.Index).Holders.ToArray());
        Assert.Null(_registry.Find("10.0.0.1", null, 0, Model));
        Assert.Same(b.Feed, _registry.Find("10.0.0.2", null, 0, Model));
    }

    [Fact]
    public void Apply_PoolGoes_ItsFeedsAreRetired()
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"));
        var feed = Only().Feed!;
        _registry.Apply(ResourceSnapshot.Empty);
        Assert.True(feed.Retired);
        Assert.Empty(_registry.Pools);
        Assert.Null(_registry.Find("10.0.0.1", null, 0, Model));
    }

    public static TheoryData<string> KeyChanges => ["blockSize", "seed", "algorithm", "model"];

    [Theory]
    [MemberData(nameof(KeyChanges))]
    public void Apply_WhatKeysAreMadeOfChanges_TrackingStartsAnewAndLoadStays(string what)
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"));
        var (pool, before) = (Pool, Only());
        before.Candidate.Load.Enter(100);
        Fill(before);

        Apply(Changed(Tracking(), what), Pod("a", "10.0.0.1"));

        var after = Only();
        Assert.NotSame(pool, Pool);
        Assert.True(before.Feed!.Retired);
        Assert.NotSame(before.Feed.Index, after.Feed!.Index);
        Assert.Equal(0, after.Feed.Index.Statistics.Blocks);
        Assert.Same(before.Candidate.Load, after.Candidate.Load);
        Assert.Equal(100, after.Candidate.Load.InFlightTokens);
    }

    [Fact]
    public void Apply_OnlyWeightsChange_TheIndexStays()
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"));
        var (pool, before) = (Pool, Only());
        Fill(before);
        Apply(Tracking() with { Weights = new ScorerWeights { Prefix = 9 }, Admission = new AdmissionConfig { MaxQueueDepth = 1 } }, Pod("a", "10.0.0.1"));
        Assert.Same(pool, Pool);
        Assert.Same(before.Feed, Only().Feed);
        Assert.Equal(9, Pool.View.Spec.Policy.Weights.Prefix);
    }

    [Fact]
    public void Apply_EventsModeOrPortsChange_EnginesAreFollowedAnewAtTheirNewSockets()
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"));
        var bound = Only().Feed!;
        Assert.Equal(new EngineSockets("10.0.0.1", 0, null, null), bound.Sockets);

        Apply(Tracking() with { Events = new EventsConfig { Mode = EventsMode.Connect, Port = 6000, ReplayPort = 6100 } }, Pod("a", "10.0.0.1"));
        var connected = Only().Feed!;

        Assert.True(bound.Retired);
        Assert.Equal("tcp://10.0.0.1:6000", connected.Sockets!.Events);
        Assert.Equal("tcp://10.0.0.1:6102", connected.Sockets.ReplayOf(rank: 2));
        Assert.Equal([connected], _registry.Feeds);
    }

    [Fact]
    public void Apply_TrackingPolicyIsRemoved_FeedsEndAndLoadStays()
    {
        Apply(Tracking(), Pod("a", "10.0.0.1"));
        var before = Only();
        before.Candidate.Load.Enter(7);
        Apply(TrafficPolicy.Default, Pod("a", "10.0.0.1"));
        Assert.True(before.Feed!.Retired);
        Assert.Null(Only().Feed);
        Assert.Same(before.Candidate.Load, Only().Candidate.Load);
    }

    private void Apply(TrafficPolicy policy, params EndpointSpec[] endpoints) => _registry.Apply(Resources(Specs.Pool("qwen", policy, endpoints)));

    private EndpointRuntime Only() => Assert.Single(Pool.View.Endpoints);

    private static void Fill(EndpointRuntime endpoint) => endpoint.Feed!.Index.Store(endpoint.Feed.Holder, null, Chain);

    private static PrefixMatches Walk(IBlockIndex index)
    {
        var matches = new PrefixMatches();
        ((InMemoryBlockIndex)index).Walk(Chain, matches);
        return matches;
    }

    private static TrafficPolicy Changed(TrafficPolicy policy, string what) => policy with
    {
        TokenProcessor = what switch
        {
            "blockSize" => policy.TokenProcessor with { BlockSize = 32 },
            "seed" => policy.TokenProcessor with { HashSeed = "43" },
            "algorithm" => policy.TokenProcessor with { HashAlgorithm = "sha256_cbor" },
            _ => policy.TokenProcessor with { Model = "Qwen/Qwen3-8B" },
        },
    };
}
