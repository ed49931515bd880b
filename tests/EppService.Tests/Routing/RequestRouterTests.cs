using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tests.EppService.Pools;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>What is decided by load, what is refused, what a pick counts, and what is told of it.</summary>
public sealed class RequestRouterTests
{
    public static TheoryData<string, string> ByLoad => new()
    {
        { Chat, """{"model":"Qwen3-32B","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]}""" },
        { Completion, """{"model":"Qwen3-32B","prompt_embeds":"AAAA"}""" },
        { "/v1/embeddings", """{"model":"Qwen3-32B","input":"x"}""" },
        { "/v1/embeddings", "no JSON" },
        { "/v1/completions/render", "{" },
    };

    [Theory]
    [MemberData(nameof(ByLoad))]
    public async Task Pick_PromptCannotBeKnownHere_LoadDecides(string path, string body)
    {
        using var router = await StartAsync(pods: 2);
        router.Endpoint(0).Candidate.Load.Metrics = new EngineMetrics(Waiting: 50, Running: 9, KvCacheUsage: 0.9, ScrapedAt: 0);
        router.Endpoint(1).Candidate.Load.Metrics = new EngineMetrics(Waiting: 0, Running: 0, KvCacheUsage: 0, ScrapedAt: 0);
        Assert.Equal("10.0.0.2:8000", await router.DestinationAsync(body, path));
        Assert.Equal(0, router.LastMatched);
    }

    [Fact]
    public async Task Pick_NoBody_LoadDecides()
    {
        using var router = await StartAsync(pods: 2);
        Assert.StartsWith("10.0.0.", await router.DestinationAsync(null, "/v1/models"), StringComparison.Ordinal);
        Assert.StartsWith("10.0.0.", await router.DestinationAsync(null, Chat), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Completion, "{", "JSON")]
    [InlineData(Completion, "", "empty")]
    [InlineData(Completion, """{"model":"Qwen3-32B"}""", "prompt")]
    [InlineData(Completion, """{"model":"Qwen3-32B","prompt":[1,-1]}""", "prompt[1]")]
    [InlineData(Chat, """{"model":"Qwen3-32B","messages":[]}""", "messages")]
    [InlineData(Chat, """{"model":"Qwen3-32B","messages":[{"role":"user","content":7}]}""", "messages[0].content")]
    public async Task Pick_BadBody_Is400InATrackingPoolAndByLoadWithoutAPolicy(string path, string body, string says)
    {
        using (var tracking = await StartAsync(pods: 2))
        {
            var refused = await tracking.RefusedAsync(body, path);
            Assert.Equal(400, refused.Status);
            Assert.Contains(says, refused.Fault.ToString(), StringComparison.Ordinal);
        }

        using var plain = await StartAsync(pods: 2, TrafficPolicy.Default);
        Assert.StartsWith("10.0.0.", await plain.DestinationAsync(body, path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pick_ModelFilesAreMissing_LoadDecidesWhateverTheBody()
    {
        using var router = await StartAsync([Pool("qwen", Tracking(), Pods(2))], models: TestModels.Nothing);
        Assert.StartsWith("10.0.0.", await router.DestinationAsync("""{"model":"Qwen3-32B","prompt":"x"}"""), StringComparison.Ordinal);
        Assert.Contains(router.Log.Lines, line => line.Text.Contains("placed by load alone", StringComparison.Ordinal) && line.Text.Contains("--models", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pick_Subset_IsKeptTo()
    {
        using var router = await StartAsync(pods: 3);
        router.Hold(0, Ids(100));
        for (var i = 0; i < 10; i++) Assert.Equal("10.0.0.3:8000", await router.DestinationAsync(IdsBody(Ids(100)), subset: ["10.0.0.3:8000", "10.9.9.9:1"]));
    }

    [Fact]
    public async Task Pick_NoEndpoint_Is503AndSaysWhy()
    {
        using var router = await StartAsync(pods: 2);
        var outside = await router.RefusedAsync(IdsBody(Ids(10)), subset: ["10.9.9.9:8000"]);
        Assert.Equal((503, "none of the 2 ready endpoints of pool qwen is in the request's subset of 1"), (outside.Status, outside.Fault.What));
        Assert.Equal(503, (await router.RefusedAsync(IdsBody(Ids(10)), subset: [])).Status);

        using var unready = await StartAsync([Pool("qwen", Tracking(), Pod("a", "10.0.0.1", ready: false))]);
        var none = await unready.RefusedAsync(IdsBody(Ids(10)));
        Assert.Equal((503, "pool qwen has no ready endpoint (1 known)"), (none.Status, none.Fault.What));

        using var empty = await StartAsync([Pool("qwen", Tracking())]);
        Assert.Equal(503, (await empty.RefusedAsync(IdsBody(Ids(10)))).Status);
    }

    [Fact]
    public async Task Pick_EveryQueueIsFull_Is429()
    {
        using var router = await StartAsync(pods: 2, Tracking() with { Admission = new AdmissionConfig { MaxQueueDepth = 5 } });
        router.Endpoint(0).Candidate.Load.Metrics = new EngineMetrics(5, 9, 0.5, 0);
        router.Endpoint(1).Candidate.Load.Metrics = new EngineMetrics(4, 9, 0.5, 0);
        await router.DestinationAsync(IdsBody(Ids(10)));
        router.Endpoint(1).Candidate.Load.Metrics = new EngineMetrics(5, 9, 0.5, 0);
        var refused = await router.RefusedAsync(IdsBody(Ids(10)));
        Assert.Equal(429, refused.Status);
        Assert.Contains("5 or more requests waiting", refused.Fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lease_CountsUncachedTokensUntilDisposedAndOnlyOnce()
    {
        using var router = await StartAsync(pods: 1);
        router.Hold(0, Ids(64));
        var load = router.Endpoint(0).Candidate.Load;
        var first = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(IdsBody(Ids(100))));
        var second = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(IdsBody(Ids(10))));
        Assert.Equal((2, 36L + 10), (load.InFlightRequests, load.InFlightTokens));
        first.Lease.Dispose();
        first.Lease.Dispose();
        Assert.Equal((1, 10L), (load.InFlightRequests, load.InFlightTokens));
        second.Lease.Dispose();
        Assert.Equal((0, 0L), (load.InFlightRequests, load.InFlightTokens));
    }

    [Fact]
    public async Task Pick_RefusedRequests_AreNotInFlight()
    {
        using var router = await StartAsync(pods: 1);
        await router.RefusedAsync("{");
        await router.RefusedAsync(IdsBody(Ids(100)), subset: []);
        Assert.Equal(0, router.Endpoint(0).Candidate.Load.InFlightRequests);
    }

    [Fact]
    public async Task Pick_ThousandAtOnce_EachFindsItsHolderAndNothingStaysInFlight()
    {
        using var router = await StartAsync(pods: 4);
        for (var pod = 0; pod < 4; pod++) router.Hold(pod, Ids(512, first: (uint)pod * 10_000));
        await Parallel.ForEachAsync(Enumerable.Range(0, 1000), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            var picked = Assert.IsType<PickOutcome.Picked>(await router.PickAsync(IdsBody(Ids(512, first: (uint)(i % 4) * 10_000)), subset: [$"10.0.0.{(i % 4) + 1}:8000"]));
            Assert.Equal($"10.0.0.{(i % 4) + 1}:8000", picked.Destination);
            await Task.Yield();
            picked.Lease.Dispose();
        });
        Assert.All(Enumerable.Range(0, 4), pod => Assert.Equal((0, 0L), (router.Endpoint(pod).Candidate.Load.InFlightRequests, router.Endpoint(pod).Candidate.Load.InFlightTokens)));
        var totals = router.Decisions.Totals();
        Assert.Equal((1000L, 0L, 512_000L, 496_000L), (totals.Picked, totals.Refused, totals.Tokens, totals.MatchedTokens));
    }

    [Fact]
    public async Task Pick_ResourcesChangeMeanwhile_EveryPickIsAKnownEndpoint()
    {
        using var router = await StartAsync(pods: 3);
        using var stop = new CancellationTokenSource();
        var changing = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++) router.Registry.Apply(Resources(Pool("qwen", i % 3 == 0 ? Tracking(algorithm: "sha256_cbor") : Tracking(), Pods(1 + (i % 5)))));
        });
        for (var i = 0; i < 300; i++) Assert.StartsWith("10.0.0.", await router.DestinationAsync(IdsBody(Ids(64))), StringComparison.Ordinal);
        await stop.CancelAsync();
        await changing;
    }

    [Fact]
    public async Task Report_Pick_IsOneLineWithWhatUsersGrepForAndADecision()
    {
        using var router = await StartAsync(pods: 1);
        router.Hold(0, Ids(64));
        await router.PickAsync(IdsBody(Ids(100)), id: "abc-123");
        var line = Assert.Single(router.Log.Lines, line => line.Text.Contains("Request handled", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Information, line.Level);
        Assert.Contains("x-request-id=abc-123 model=Qwen3-32B targetModel=Qwen3-32B endpoint=default/a address=10.0.0.1:8000 tokens=100 matched=64", line.Text, StringComparison.Ordinal);
        var decision = Assert.Single(router.Decisions.Recent());
        Assert.Equal(
            ("abc-123", "Qwen3-32B", "qwen", "a", "10.0.0.1:8000", 100, 64, 200),
            (decision.RequestId, decision.Model, decision.Pool, decision.Endpoint, decision.Address, decision.Tokens, decision.MatchedTokens, decision.Status));
        Assert.True(decision.DecisionMicroseconds > 0);
    }

    [Fact]
    public async Task Report_Refusal_IsALineWithStatusAndReasonAndADecision()
    {
        using var router = await StartAsync(pods: 1);
        await router.PickAsync("{", id: "abc-124");
        var line = Assert.Single(router.Log.Lines);
        Assert.Contains("x-request-id=abc-124", line.Text, StringComparison.Ordinal);
        Assert.Contains("status=400", line.Text, StringComparison.Ordinal);
        var decision = Assert.Single(router.Decisions.Recent());
        Assert.Equal((400, "", "qwen"), (decision.Status, decision.Address, decision.Pool));
    }

    [Fact]
    public async Task Metrics_Decisions_AreCountedByPoolAndOutcome()
    {
        var counted = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Meter.Name == "OrleansKvRouter.Routing") self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Count(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Count(instrument.Name, 1, tags));
        listener.Start();

        // A name of its own: other tests' routers are measured at the same time.
        using var router = await StartAsync([Pool("measured", Tracking(), Pods(1))]);
        router.Hold(0, Ids(64));
        await router.PickAsync(IdsBody(Ids(100)));
        await router.PickAsync("{");
        await router.PickAsync(null, "/v1/models");
        Assert.Equal(2, counted["kvrouter.decisions pool=measured outcome=picked"]);
        Assert.Equal(1, counted["kvrouter.decisions pool=measured outcome=400"]);
        Assert.Equal(1, counted["kvrouter.decisions.unpredicted pool=measured"]);
        Assert.Equal(100, counted["kvrouter.prompt.tokens pool=measured"]);
        Assert.Equal(64, counted["kvrouter.matched.tokens pool=measured"]);
        foreach (var stage in (string[])["parse", "render", "tokenize", "hash", "walk", "score"]) Assert.True(counted[$"kvrouter.decision.stage.duration stage={stage}"] >= 2, stage);

        void Count(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = name;
            foreach (var (tag, text) in tags) key += $" {tag}={text}";
            lock (counted) counted[key] = counted.GetValueOrDefault(key) + value;
        }
    }
}
