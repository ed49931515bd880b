using System.Text.Json;
using OrleansKvRouter.KvIndex.Keys;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>The longest held prefix decides, and is measured as the engine will measure it.</summary>
public sealed class PrefixRoutingTests
{
    private const string Hello = """{"model":"Qwen3-32B","messages":[{"role":"system","content":"You answer in as few words as you can, and never more than one sentence."},{"role":"user","content":"What does a router that knows every engine's cache do with this question?"}]}""";

    [Fact]
    public async Task Pick_SomeHoldMore_TheLongestPrefixWins()
    {
        using var router = await StartAsync(pods: 3);
        var prompt = Ids(100);
        router.Hold(0, prompt.Take(32));
        router.Hold(1, prompt.Take(64));
        router.Hold(2, Ids(100, first: 5000));
        for (var i = 0; i < 20; i++) Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(IdsBody(prompt)));
        Assert.Equal(64, router.LastMatched);
    }

    [Fact]
    public async Task Pick_ChatInItsSecondRound_GoesWhereTheFirstIsHeld()
    {
        using var router = await StartAsync(pods: 3);
        router.Hold(2, await router.TokensAsync(Hello, Chat));
        var second = Hello.Replace("}]}", """},{"role":"assistant","content":"It sends it there."},{"role":"user","content":"Where?"}]}""", StringComparison.Ordinal);
        Assert.Equal("10.0.0.3:8000", await router.DestinationAsync(second, Chat));
        Assert.True(router.LastMatched >= 2 * BlockSize, $"{router.LastMatched} tokens");
    }

    [Theory]
    [InlineData(64, 48)]
    [InlineData(65, 64)]
    [InlineData(79, 64)]
    [InlineData(16, 0)]
    [InlineData(15, 0)]
    public async Task Pick_WholePromptHeld_LastTokenIsComputedAllTheSame(int tokens, int usable)
    {
        using var router = await StartAsync(pods: 2);
        router.Hold(1, Ids(tokens));
        await router.DestinationAsync(IdsBody(Ids(tokens)));
        // Without a usable block any endpoint may be picked; its prediction is 0 either way.
        Assert.Equal(usable, router.LastMatched);
    }

    [Fact]
    public async Task Pick_AdapterAndBaseModel_HaveDifferentKeys()
    {
        using var router = await StartAsync(pods: 2);
        var prompt = Ids(100);
        router.Hold(0, prompt);
        router.Hold(1, prompt, new KeyExtras("sql-lora", null));
        Assert.Equal("10.0.0.1:8000", await router.DestinationAsync(IdsBody(prompt)));
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(IdsBody(prompt).Replace("Qwen3-32B", "sql-lora", StringComparison.Ordinal)));
        Assert.Equal(96, router.LastMatched);
        await router.DestinationAsync(IdsBody(prompt).Replace("Qwen3-32B", "other-lora", StringComparison.Ordinal));
        Assert.Equal(0, router.LastMatched);
    }

    [Fact]
    public async Task Pick_CacheSalt_KeepsTenantsApart()
    {
        using var router = await StartAsync(pods: 2);
        var prompt = Ids(100);
        router.Hold(0, prompt);
        router.Hold(1, prompt, new KeyExtras(null, "tenant-a"));
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(IdsBody(prompt, ""","cache_salt":"tenant-a" """)));
        Assert.Equal(96, router.LastMatched);
        await router.DestinationAsync(IdsBody(prompt, ""","cache_salt":"tenant-b" """));
        Assert.Equal(0, router.LastMatched);
    }

    [Fact]
    public async Task Pick_CompletionAsText_EqualsItsTokenIds()
    {
        using var router = await StartAsync(pods: 2);
        var text = JsonSerializer.Serialize(string.Join(' ', Enumerable.Range(0, 60).Select(i => $"naïve 敏捷 {i}")));
        var body = $$"""{"model":"Qwen3-32B","prompt":{{text}}}""";
        var ids = await router.TokensAsync(body, Completion);
        router.Hold(1, ids);
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(body));
        var matched = router.LastMatched;
        Assert.Equal((ids.Length - 1) / BlockSize * BlockSize, matched);
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(IdsBody(ids)));
        Assert.Equal(matched, router.LastMatched);
    }

    [Theory]
    [InlineData("ids")]
    [InlineData("texts")]
    public async Task Pick_BatchOfPrompts_MatchesAreSummedOverThem(string form)
    {
        using var router = await StartAsync(pods: 2);
        string[] texts = [.. Enumerable.Range(0, 3).Select(i => string.Join(' ', Enumerable.Range(0, 40).Select(word => $"{i} word {word}")))];
        var prompts = new List<uint[]>();
        foreach (var text in texts) prompts.Add(await router.TokensAsync($$"""{"model":"Qwen3-32B","prompt":"{{text}}"}""", Completion));

        // One engine has most of the first prompt, the other some of each: together more.
        router.Hold(0, prompts[0].Take(64));
        foreach (var prompt in prompts) router.Hold(1, prompt.Take(48));
        var batch = form == "ids" ? JsonSerializer.Serialize(prompts) : JsonSerializer.Serialize(texts);
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync($$"""{"model":"Qwen3-32B","prompt":{{batch}}}"""));
        Assert.Equal(3 * 48, router.LastMatched);
        Assert.Equal(prompts.Sum(prompt => prompt.Length), router.Decisions.Recent(1)[0].Tokens);
    }

    [Fact]
    public async Task Pick_HolderIsNotReady_NextBestIsPicked()
    {
        var pods = Pods(3);
        using var router = await StartAsync([Pool("qwen", Tracking(), pods[0], pods[1] with { Ready = false }, pods[2])]);
        var prompt = Ids(100);
        router.Hold(0, prompt.Take(16));
        router.Hold(1, prompt);
        for (var i = 0; i < 10; i++) Assert.Equal("10.0.0.1:8000", await router.DestinationAsync(IdsBody(prompt)));
    }

    [Fact]
    public async Task Pick_IdsBeyondTheVocabulary_AreHashedAsTheyAre()
    {
        using var router = await StartAsync(pods: 2);
        var prompt = Ids(100, first: uint.MaxValue - 200);
        router.Hold(1, prompt);
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(IdsBody(prompt)));
    }
}
