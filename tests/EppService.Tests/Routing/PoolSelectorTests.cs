using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Resources;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>Which pool a request belongs to, and what the sender is told when it is none.</summary>
public sealed class PoolSelectorTests
{
    private static readonly PoolSpec Qwen = Pool("qwen", Tracking(), Pod("q", "10.0.0.1"));
    private static readonly PoolSpec Llama = Pool("llama", Tracking("meta/Llama-3"), Pod("l", "10.0.0.2"));

    [Fact]
    public async Task Select_OnlyPool_TakesEveryModelAndNone()
    {
        using var router = await StartAsync([Qwen]);
        Assert.Equal("qwen", Selected(router, "anything"));
        Assert.Equal("qwen", Selected(router, null));
    }

    [Fact]
    public async Task Select_FixedPool_TakesEveryModel()
    {
        using var router = await StartAsync([Llama, Qwen], fixedPool: "llama");
        Assert.Equal("llama", Selected(router, "Qwen3-32B"));
        Assert.Equal("llama", Selected(router, null));
    }

    [Fact]
    public async Task Select_SeveralPools_ByBaseModelServedNameOrAdapter()
    {
        using var router = await StartAsync([Llama, Qwen]);
        router.Registry.Pools[1].Served.List("10.0.0.1:8000", [new ServedModel("prod", null), new ServedModel("sql-lora", "prod")]);
        Assert.Equal("qwen", Selected(router, "Qwen/Qwen3-32B"));
        Assert.Equal("qwen", Selected(router, "Qwen3-32B"));
        Assert.Equal("qwen", Selected(router, "prod"));
        Assert.Equal("qwen", Selected(router, "sql-lora"));
        Assert.Equal("llama", Selected(router, "Llama-3"));
    }

    [Fact]
    public async Task Select_NobodyServesTheModel_Is400WithTheChoices()
    {
        using var router = await StartAsync([Llama, Qwen]);
        var refused = await router.RefusedAsync("""{"model":"gpt","prompt":"x"}""");
        Assert.Equal(400, refused.Status);
        Assert.Contains("gpt", refused.Fault.What, StringComparison.Ordinal);
        Assert.Contains("qwen (model Qwen/Qwen3-32B or Qwen3-32B)", refused.Fault.Mend, StringComparison.Ordinal);
        Assert.Contains("llama (model meta/Llama-3 or Llama-3)", refused.Fault.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Select_TwoPoolsServeTheModel_Is400AndNamesBoth()
    {
        using var router = await StartAsync([Pool("one", Tracking(), Pod("q", "10.0.0.1")), Pool("two", Tracking(), Pod("r", "10.0.0.2"))]);
        var refused = await router.RefusedAsync("""{"model":"Qwen3-32B","prompt":"x"}""");
        Assert.Equal(400, refused.Status);
        Assert.Contains("one and two", refused.Fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Select_NoModelAmongSeveralPools_Is400()
    {
        using var router = await StartAsync([Llama, Qwen]);
        var refused = await router.RefusedAsync(null, "/v1/models");
        Assert.Equal(400, refused.Status);
        Assert.Contains("names no model", refused.Fault.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"input":"x","model":"Llama-3"}""")]
    [InlineData("""{"input":{"model":["deep"]},"model":"Llama-3"}""")]
    public async Task Select_BodyOnAnotherPathAmongSeveralPools_ByItsModel(string body)
    {
        using var router = await StartAsync([Llama, Qwen]);
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(body, "/v1/embeddings"));
    }

    [Theory]
    [InlineData("""{"input":"x","model":7}""")]
    [InlineData("""["Llama-3"]""")]
    [InlineData("""{"input":""")]
    [InlineData("")]
    public async Task Select_BodyOnAnotherPathWithoutAModel_Is400(string body)
    {
        using var router = await StartAsync([Llama, Qwen]);
        Assert.Equal(400, (await router.RefusedAsync(body, "/v1/embeddings")).Status);
    }

    [Fact]
    public async Task Select_NoPoolOrNotTheFixedOne_Is503BecauseNoSenderCanHelpIt()
    {
        using (var none = await StartAsync([])) Assert.Equal(503, (await none.RefusedAsync("""{"model":"m","prompt":"x"}""")).Status);
        using var other = await StartAsync([Qwen], fixedPool: "qwem");
        var refused = await other.RefusedAsync("""{"model":"m","prompt":"x"}""");
        Assert.Equal(503, refused.Status);
        Assert.Contains("there is no pool qwem", refused.Fault.What, StringComparison.Ordinal);
        Assert.Contains("qwen", refused.Fault.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ByName_SameNameInTwoNamespaces_WantsTheNamespace()
    {
        using var router = await StartAsync([Qwen, Qwen with { Namespace = "other" }]);
        Assert.False(router.Selector.ByName("qwen").Try(out _, out var fault));
        Assert.Contains("namespace/name", fault.Mend, StringComparison.Ordinal);
        Assert.True(router.Selector.ByName("other/qwen").Try(out var pool, out _));
        Assert.Equal("other", pool.View.Spec.Namespace);
    }

    [Fact]
    public async Task Select_ModelAsLongAsABody_IsNotSentBackWhole()
    {
        using var router = await StartAsync([Llama, Qwen]);
        var refused = await router.RefusedAsync($$"""{"model":"{{new string('m', 100_000)}}\r\nforged","prompt":"x"}""");
        Assert.True(refused.Fault.What.Length < 400);
        Assert.All(router.Log.Lines, line => Assert.True(line.Text.Length < 2000 && !line.Text.Contains('\r')));
        Assert.True(router.Decisions.Recent(1)[0].Model.Length < 300);
    }

    private static string Selected(RouterUnderTest router, string? model) =>
        router.Selector.Select(model).Try(out var pool, out var fault) ? pool.Name : fault.ToString();
}
