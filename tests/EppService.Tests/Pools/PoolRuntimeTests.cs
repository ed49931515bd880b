using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.EppService.Feedback;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;

namespace OrleansKvRouter.Tests.EppService.Pools;

/// <summary>A pool's model names, and why it is precise or is not.</summary>
public sealed class PoolRuntimeTests
{
    [Theory]
    [InlineData("Qwen/Qwen3-32B", true)]
    [InlineData("Qwen3-32B", true)]
    [InlineData("qwen3-32b", false)]
    [InlineData("Qwen", false)]
    [InlineData("", false)]
    public void IsBaseModel_PolicysModel_ByWholeNameAndLastSegment(string model, bool known) =>
        Assert.Equal(known, Start(Tracking()).IsBaseModel(model));

    [Fact]
    public void Serves_ListedModels_BaseAndAdaptersAreToldApart()
    {
        var pool = Start(Tracking());
        pool.Served.List("10.0.0.1:8000", [new ServedModel("served", null), new ServedModel("sql-lora", "served")]);
        Assert.True(pool.IsBaseModel("served"));
        Assert.True(pool.Serves("sql-lora"));
        Assert.False(pool.IsBaseModel("sql-lora"));
        Assert.False(pool.Serves("other"));
        Assert.Equal([Model, "Qwen3-32B", "served"], pool.ModelNames);
    }

    [Fact]
    public void Serves_AdapterUnloadedOrEngineGone_IsForgotten()
    {
        var pool = Start(Tracking(), Pod("a", "10.0.0.1"), Pod("b", "10.0.0.2"));
        pool.Served.List("10.0.0.1:8000", [new ServedModel("one", "served"), new ServedModel("two", "served")]);
        pool.Served.List("10.0.0.2:8000", [new ServedModel("three", "served")]);
        pool.Served.List("10.0.0.1:8000", [new ServedModel("two", "served")]);
        Assert.False(pool.Serves("one"));
        Assert.True(pool.Serves("two"));

        pool.Update(Pool("qwen", Tracking(), Pod("a", "10.0.0.1")));
        Assert.True(pool.Serves("two"));
        Assert.False(pool.Serves("three"));
    }

    [Fact]
    public void Start_InPlaceOfAnother_KnowsWhatItsEnginesServe()
    {
        var before = Start(Tracking(), Pod("a", "10.0.0.1"));
        before.Served.List("10.0.0.1:8000", [new ServedModel("served", null)]);
        before.Served.Hear("heard");
        var after = PoolRuntime.Start(Pool("qwen", Tracking(algorithm: "sha256_cbor"), Pod("a", "10.0.0.1")), TestModels.Nothing, new InMemoryIndexes(new IndexOptions()), Ledgers.Open, before);
        Assert.True(after.IsBaseModel("served"));
        Assert.True(after.IsBaseModel("heard"));
    }

    [Fact]
    public void Served_NamesWithoutEnd_AreBounded()
    {
        var served = new ServedNames();
        for (var i = 0; i < 3000; i++) served.Hear($"name-{i}");
        served.List("10.0.0.1:8000", [.. Enumerable.Range(0, 3000).Select(i => new ServedModel($"adapter-{i}", "base"))]);
        Assert.Equal(1024, served.Base.Count);
        Assert.Equal(1024, served.Adapters.Count);
    }

    [Fact]
    public void ByLoad_PolicyThatCannotBeTracked_NamesTheField()
    {
        Assert.Contains("no InferenceTrafficPolicy", Cause(TrafficPolicy.Default), StringComparison.Ordinal);
        Assert.Contains("prefixCache.mode estimate", Cause(Tracking() with { Mode = PrefixCacheMode.Estimate }), StringComparison.Ordinal);
        Assert.Contains("names no model", Cause(Tracking() with { TokenProcessor = new TokenProcessorConfig { HashSeed = "42" } }), StringComparison.Ordinal);
        Assert.Contains("hashAlgorithm", Cause(Tracking(algorithm: "builtin")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ByLoad_ModelFiles_DecideOnceTheyAreLoaded()
    {
        var without = Start(Tracking());
        without.Tracking.Try(out var tracking, out _);
        await tracking!.Model.Loading;
        Assert.Contains("--models", without.ByLoad!.ToString(), StringComparison.Ordinal);

        var with = PoolRuntime.Start(Pool("qwen", Tracking()), TestModels.Store, new InMemoryIndexes(new IndexOptions()), Ledgers.Open, null);
        with.Tracking.Try(out tracking, out _);
        await tracking!.Model.Loading;
        Assert.Null(with.ByLoad);
    }

    private static string Cause(TrafficPolicy policy)
    {
        var pool = Start(policy, Pod("a", "10.0.0.1"));
        Assert.False(pool.IsPrecise);
        Assert.Null(pool.View.Endpoints[0].Feed);
        return pool.ByLoad!.ToString();
    }

    private static PoolRuntime Start(TrafficPolicy policy, params EndpointSpec[] endpoints) =>
        PoolRuntime.Start(Pool("qwen", policy, endpoints), TestModels.Nothing, new InMemoryIndexes(new IndexOptions()), Ledgers.Open, null);
}
