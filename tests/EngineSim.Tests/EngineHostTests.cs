using System.Net;
using System.Net.Http.Json;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tests.EngineSim.Serving;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EngineSim;

public sealed class EngineHostTests
{
    [Fact]
    public async Task StartAsync_PortTaken_IsAFaultThatNamesTheAddress()
    {
        await using var engine = await EngineFixture.StartAsync();

        var second = await EngineHost.StartAsync(EngineFixture.Instant with { Port = engine.Host.Address.Port }, EngineFixture.Assets);

        Assert.False(second.Try(out _, out var fault));
        Assert.Contains($"127.0.0.1:{engine.Host.Address.Port}", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_WrongOptions_AreFaultsThatNameThem()
    {
        (EngineOptions Options, string Named)[] cases =
        [
            (EngineFixture.Instant with { Blocks = 0 }, "--blocks"),
            (EngineFixture.Instant with { Host = "localhost" }, "--host"),
            (EngineFixture.Instant with { Speed = new EngineSpeed(PrefillTokensPerSecond: 0) }, "--prefill-tokens-per-second"),
            (EngineFixture.Instant with { Host = "203.0.113.1" }, "203.0.113.1:0"),
            (EngineFixture.Instant with { HashAlgorithm = "md5" }, "md5"),
            (EngineFixture.Instant with { Events = new EventOptions { Schema = "v0.1" } }, "v0.1"),
            (EngineFixture.Instant with { Events = new EventOptions { Schema = "v0.10.1", Hashes = "bytes" } }, "--event-hashes bytes"),
            (EngineFixture.Instant with { HashAlgorithm = "sglang", Events = new EventOptions { Hashes = "bytes" } }, "sglang"),
            (EngineFixture.Instant with { Events = new EventOptions { Hashes = "words" } }, "words"),
            (EngineFixture.Instant with { Rank = -1 }, "--data-parallel-rank"),
            (EngineFixture.Instant with { Rank = 1, Events = new EventOptions { Endpoint = "ipc:///tmp/never" } }, "ipc:///tmp/never"),
            (EngineFixture.Instant with { Events = new EventOptions { Endpoint = "carrier-pigeon://*" } }, "carrier-pigeon"),
        ];
        foreach (var (options, named) in cases)
        {
            Assert.False((await EngineHost.StartAsync(options, EngineFixture.Assets)).Try(out _, out var fault));
            Assert.Contains(named, fault.What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Completions_ClientDisconnects_TheRequestLeavesTheEngine()
    {
        await using var engine = await EngineFixture.StartAsync(EngineFixture.Instant with { Speed = new EngineSpeed(DecodeTokensPerSecond: 20) });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions");
        request.Content = JsonContent.Create(new { model = EngineFixture.Model, prompt = "Hi there", max_tokens = 100_000, stream = true });

        using (var response = await engine.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            await using var body = await response.Content.ReadAsStreamAsync();
            Assert.NotEqual(0, await body.ReadAsync(new byte[16]));
            Assert.Equal(1, engine.Host.Statistics.Running);
        }

        await engine.IdleAsync();
    }

    [Fact]
    public async Task Completions_ManyAtOnceAndSomeCancelled_LeaveNoBlockBehind()
    {
        await using var engine = await EngineFixture.StartAsync(
            EngineFixture.Instant with { Blocks = 64, MaxSequences = 8, MaxBatchedTokens = 256, Speed = new EngineSpeed(100_000, 5_000) });
        var random = new Random(5);
        var requests = Enumerable.Range(0, 150).Select(i =>
        {
            var prompt = Enumerable.Range(random.Next(3), random.Next(1, 700)).ToArray();
            return RunAsync(engine.Client, new { model = EngineFixture.Model, prompt, max_tokens = random.Next(1, 60) }, i % 5 == 0);
        });

        var answered = (await Task.WhenAll(requests)).Count(status => status == HttpStatusCode.OK);

        await engine.IdleAsync();
        Assert.InRange(answered, 120, 150);
    }

    [Fact]
    public async Task DisposeAsync_RequestsUnderWay_EndsThem()
    {
        var engine = await EngineFixture.StartAsync(EngineFixture.Instant with { Speed = new EngineSpeed(DecodeTokensPerSecond: 0.01) });
        using var client = new HttpClient { BaseAddress = engine.Host.Address };
        var request = client.PostAsJsonAsync("/v1/completions", new { model = EngineFixture.Model, prompt = "Hi", max_tokens = 100 });
        await Eventually.TrueAsync(() => engine.Host.Statistics.Running == 1, "the request runs");

        await engine.DisposeAsync();

        using var response = await request;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    /// <summary>The status; null for a request that its sender cancelled.</summary>
    private static async Task<HttpStatusCode?> RunAsync(HttpClient client, object body, bool cancel)
    {
        using var patience = new CancellationTokenSource(cancel ? TimeSpan.FromMilliseconds(5) : Eventually.Limit);
        try
        {
            using var response = await client.PostAsJsonAsync("/v1/completions", body, patience.Token);
            return response.StatusCode;
        }
        catch (OperationCanceledException) when (cancel)
        {
            return null;
        }
    }
}
