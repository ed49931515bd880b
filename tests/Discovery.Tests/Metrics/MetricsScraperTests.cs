using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Discovery;
using OrleansKvRouter.Discovery.Metrics;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Discovery.Metrics;

public sealed class MetricsScraperTests : IAsyncLifetime, IDisposable
{
    private readonly DiscoveryInstruments _instruments = new();
    private readonly MetricsScraper _scraper;
    private MetricsServer _first = null!;
    private MetricsServer _second = null!;

    public MetricsScraperTests() => _scraper = Scraper(timeout: TimeSpan.FromMilliseconds(300));

    public async Task InitializeAsync()
    {
        _first = await MetricsServer.StartAsync("127.0.0.11");
        _second = await MetricsServer.StartAsync("127.0.0.12");
        _first.Say(waiting: 4, running: 2, usage: 0.5);
        _second.Say(waiting: 0, running: 1, usage: 0.1);
    }

    public async Task DisposeAsync()
    {
        await _scraper.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    public void Dispose() => _instruments.Dispose();

    [Fact]
    public async Task Update_ReadyEndpoints_AreScrapedAgainAndAgain()
    {
        _scraper.Update([_first.Candidate, _second.Candidate]);

        await Eventually.TrueAsync(() => _first.Load.Metrics is { Waiting: 4, Running: 2, KvCacheUsage: 0.5 }, "the first engine's load");
        await Eventually.TrueAsync(() => _second.Load.Metrics is { Waiting: 0, Running: 1, KvCacheUsage: 0.1 }, "the second engine's load");
        _first.Say(waiting: 9, running: 2, usage: 0.5);
        await Eventually.TrueAsync(() => _first.Load.Metrics is { Waiting: 9 }, "the new load");
    }

    [Fact]
    public async Task Update_EndpointLeavesOrIsNotReady_IsNoLongerScrapedAndUnknown()
    {
        _scraper.Update([_first.Candidate, _second.Candidate]);
        await Eventually.TrueAsync(() => _first.Load.Metrics is not null && _second.Load.Metrics is not null, "both loads");

        _scraper.Update([_second.Candidate with { Endpoint = _second.Candidate.Endpoint with { Ready = false } }]);
        await Eventually.TrueAsync(() => _first.Load.Metrics is null && _second.Load.Metrics is null, "both unknown");

        _scraper.Update([_first.Candidate]);
        await Eventually.TrueAsync(() => _first.Load.Metrics is not null, "scraped again");
        Assert.Null(_second.Load.Metrics);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("garbage")]
    [InlineData("huge")]
    [InlineData("endless line")]
    [InlineData("hang")]
    [InlineData("abort")]
    public async Task Scrape_Fails_MetricsBecomeUnknownAndNobodyElseIsHarmed(string how)
    {
        _scraper.Update([_first.Candidate, _second.Candidate]);
        await Eventually.TrueAsync(() => _first.Load.Metrics is not null, "a first load");

        _first.Answer = how switch
        {
            "status" => context => Task.FromResult(context.Response.StatusCode = 500),
            "garbage" => context => context.Response.Body.WriteAsync(new byte[] { 0xff, 0xfe, 0, 10, 0x7b }).AsTask(),
            "huge" => context => WriteForeverAsync(context, "vllm:num_requests_waiting 1\n"),
            "endless line" => context => WriteForeverAsync(context, "vllm:num_requests_waiting{"),
            "hang" => context => Task.Delay(Timeout.Infinite, context.RequestAborted),
            _ => context =>
            {
                context.Abort();
                return Task.CompletedTask;
            },
        };
        await Eventually.TrueAsync(() => _first.Load.Metrics is null, "unknown");
        var scrapes = _second.Scrapes;
        await Eventually.TrueAsync(() => _second.Scrapes > scrapes + 2 && _second.Load.Metrics is not null, "the other is still scraped");

        _first.Say(waiting: 1, running: 0, usage: 0);
        await Eventually.TrueAsync(() => _first.Load.Metrics is { Waiting: 1 }, "known again");
    }

    [Fact]
    public async Task Scrape_LineLongerThanTheBuffer_IsSkippedAlone()
    {
        _scraper.Update([_first.Candidate]);
        _first.Answer = context => context.Response.WriteAsync(
            $"vllm:other{{a=\"{new string('x', 70_000)}\nvllm:num_requests_waiting 3\nvllm:num_requests_running 2\nvllm:kv_cache_usage_perc 0.5");

        await Eventually.TrueAsync(() => _first.Load.Metrics is { Waiting: 3, Running: 2, KvCacheUsage: 0.5 }, "the load after the long line");
    }

    [Fact]
    public async Task Scrape_RequestsSentWhileItRuns_AreNotSeenByIt()
    {
        var asked = new TaskCompletionSource();
        var mayAnswer = new TaskCompletionSource();
        _first.Load.Enter(100);
        _first.Answer = async context =>
        {
            asked.TrySetResult();
            await mayAnswer.Task;
            await context.Response.WriteAsync("vllm:num_requests_waiting 1\nvllm:num_requests_running 0\nvllm:kv_cache_usage_perc 0\n");
            _first.Answer = hung => Task.Delay(Timeout.Infinite, hung.RequestAborted);
        };
        await using var patient = Scraper(timeout: Eventually.Limit);
        patient.Update([_first.Candidate]);
        await asked.Task;
        _first.Load.Enter(100);
        mayAnswer.SetResult();
        await Eventually.TrueAsync(() => _first.Load.Metrics is not null, "the load");

        Assert.Equal(1, _first.Load.UnseenRequests);
    }

    [Fact]
    public async Task Dispose_LeavesNothingRunning()
    {
        _first.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        _scraper.Update([_first.Candidate]);
        await Eventually.TrueAsync(() => _first.Scrapes > 0, "a scrape under way");

        await _scraper.DisposeAsync().AsTask().WaitAsync(Eventually.Limit);
        Assert.Null(_first.Load.Metrics);
    }

    private MetricsScraper Scraper(TimeSpan timeout) => new(NullLogger<MetricsScraper>.Instance, TimeProvider.System, _instruments, new ScrapeOptions
    {
        Interval = TimeSpan.FromMilliseconds(10),
        Timeout = timeout,
        MaxBackoff = TimeSpan.FromMilliseconds(50),
        MaxBytes = 100_000,
    });

    private static async Task WriteForeverAsync(HttpContext context, string line)
    {
        var piece = string.Concat(Enumerable.Repeat(line, 100));
        while (!context.RequestAborted.IsCancellationRequested) await context.Response.WriteAsync(piece, context.RequestAborted);
    }
}
