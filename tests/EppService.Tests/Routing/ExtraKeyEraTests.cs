using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.EppService.Pools;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>
/// A request with images, as vLLM's <c>/render</c> gives it, against engines of each era, over real sockets: the Python publisher hashes and
/// announces as they do.
/// </summary>
public sealed class ExtraKeyEraTests : IDisposable
{
    private const string Generate = "/inference/v1/generate";

    private readonly KvEventInstruments _instruments = new();
    private readonly uint[] _prompt = [.. Enumerable.Range(0, 96).Select(i => 5_000 + (uint)i)];
    private EventSubscriber? _subscriber;

    public void Dispose()
    {
        _subscriber?.Dispose();
        _instruments.Dispose();
    }

    [Theory]
    [InlineData("sha256_cbor", "auto")]
    [InlineData("own", "auto")]
    public async Task Explain_FleetOfAllEras_EachEngineIsFoundUnderItsOwnKeys(string algorithm, string extraKeys)
    {
        using var router = await StartAsync(algorithm, extraKeys);
        var engines = await Task.WhenAll(EngineAsync("10.0.0.1", "v0.26.0", "v0.19"), EngineAsync("10.0.0.2", "v0.17.0", "v0.11.1"));
        await using var paired = engines[0];
        await using var bare = engines[1];
        await FollowedAsync(router, 2);

        Assert.Equal([ExtraKeyEra.Paired, ExtraKeyEra.Bare], router.Registry.Feeds.Select(feed => feed.Status.ExtraKeys!.Value));
        var matched = await MatchedAsync(router);
        Assert.Equal([80, 80], matched);
    }

    [Fact]
    public async Task Explain_EngineThatWritesNoExtraKeys_FoundByTheEraOfItsWireForm()
    {
        using var router = await StartAsync("sha256_cbor", "auto");
        await using var old = await EngineAsync("10.0.0.1", "v0.14.0", "v0.11.1");
        await FollowedAsync(router, 1);

        Assert.Equal(80, (await MatchedAsync(router))[0]);
    }

    [Theory]
    [InlineData("v0.19", 80, 16)]
    [InlineData("v0.11.1", 16, 80)]
    public async Task Explain_PolicyNamesTheEra_OnlyItsKeysAreLookedUp(string extraKeys, int onPaired, int onBare)
    {
        using var router = await StartAsync("sha256_cbor", extraKeys);
        var engines = await Task.WhenAll(EngineAsync("10.0.0.1", "v0.26.0", "v0.19"), EngineAsync("10.0.0.2", "v0.17.0", "v0.11.1"));
        await using var paired = engines[0];
        await using var bare = engines[1];
        await FollowedAsync(router, 2);

        var matched = await MatchedAsync(router);
        Assert.Equal([onPaired, onBare], matched);
    }

    private async Task<int[]> MatchedAsync(RouterUnderTest router)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            model = "Qwen3-32B",
            token_ids = _prompt,
            features = new
            {
                mm_hashes = new { image = new[] { "client-uuid-1", "client-uuid-2" } },
                mm_placeholders = new { image = new[] { new { offset = 20, length = 20 }, new { offset = 50, length = 10 } } },
            },
        });
        var outcome = await router.Explainer.ExplainAsync(router.Registry.Pools[0], Generate, body, false, default);
        var result = Assert.IsType<ExplainOutcome.Explained>(outcome).Result;
        Assert.Equal(6, result.BlockKeys.Count);
        return [.. result.Endpoints.OrderBy(endpoint => endpoint.Address).Select(endpoint => endpoint.MatchedTokens)];
    }

    private static Task FollowedAsync(RouterUnderTest router, int engines) => Eventually.TrueAsync(
        () => router.Registry.Feeds.Count(feed => feed.Status.Cursor >= 1 && feed.Standing.State is TrustState.Exact or TrustState.Mapped) == engines, "the engines are followed");

    /// <summary>An engine that has computed a plain prompt, and the one with the images.</summary>
    private async Task<Peer> EngineAsync(string ip, string schema, string rules)
    {
        var peer = Peer.Python(
            Path.Combine(Repository.Oracles, "engine_publisher.py"),
            "--endpoint", string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{_subscriber!.Port}"), "--topic", $"kv@{ip}@Qwen3-32B",
            "--schema", schema, "--rules", rules, "--algo", "sha256_cbor", "--seed", "42", "--settle", "1.5");
        await peer.ReadLineAsync();
        await peer.WriteLineAsync(JsonSerializer.Serialize(new { op = "request", tokens = Enumerable.Range(1, 32) }));
        await peer.ReadLineAsync();
        await peer.WriteLineAsync(JsonSerializer.Serialize(new { op = "request", tokens = _prompt, mm = new object[] { new object[] { "client-uuid-1", 20, 20 }, new object[] { "client-uuid-2", 50, 10 } } }));
        await peer.ReadLineAsync();
        return peer;
    }

    private async Task<RouterUnderTest> StartAsync(string algorithm, string extraKeys)
    {
        var policy = Specs.Tracking(algorithm: algorithm);
        policy = policy with { TokenProcessor = policy.TokenProcessor with { ExtraKeys = extraKeys } };
        var router = await RouterUnderTest.StartAsync([Specs.Pool("qwen", policy, RouterUnderTest.Pods(2))]);
        var started = EventSubscriber.Start(new EventSubscriberOptions { Address = "tcp://127.0.0.1:*" }, router.Registry, _instruments, NullLogger<EventSubscriber>.Instance, TimeProvider.System);
        _subscriber = started.Try(out var subscriber, out var fault) ? subscriber : throw new InvalidOperationException(fault.ToString());
        return router;
    }
}
