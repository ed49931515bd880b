using System.Globalization;
using Microsoft.Playwright;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.Tests.EppService.Admin;
using static Microsoft.Playwright.Assertions;

namespace OrleansKvRouter.Tests.EppService.Dashboard;

/// <summary>The dashboard in a real browser over a node that the test scripts.</summary>
public sealed class DashboardTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task Page_WithoutPools_SaysSo()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.NotReady = ["no InferencePool is known"];
        await using var watched = await browser.OpenAsync(admin.Url);
        var page = watched.Page;

        await Expect(page.Locator("#readiness")).ToHaveTextAsync("not ready");
        await Expect(page.Locator("#alerts")).ToContainTextAsync("no InferencePool is known");
        await Expect(page.Locator("#pool-list")).ToContainTextAsync("No InferencePool is known yet");
        await Expect(page.Locator("#no-decisions")).ToBeVisibleAsync();
        watched.AssertNothingWrong();
    }

    [Fact]
    public async Task Page_PoolsAndEndpoints_ShowTheNodeAndFollowIt()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        var endpoint = ScriptedNode.Endpoint("vllm-0", "127.0.0.11:8000");
        var mapped = ScriptedNode.Endpoint("vllm-1", "127.0.0.12:8000", "mapped", "PYTHONHASHSEED differs");
        admin.Node.Pools = [ScriptedNode.Pool("qwen", endpoint, mapped)];
        admin.Node.ResourceErrors = [new ResourceError("pools.yaml, document 2", "unknown field blockSise, did you mean blockSize?", DateTimeOffset.UtcNow)];
        await using var watched = await browser.OpenAsync(admin.Url);
        var page = watched.Page;

        await Expect(page.Locator("#readiness")).ToHaveTextAsync("ready");
        await Expect(page.Locator(".alert.bad")).ToContainTextAsync("did you mean blockSize?");
        await Expect(page.Locator(".pool header")).ToContainTextAsync("2 of 2 ready");
        await Expect(page.Locator(".pool .facts")).ToContainTextAsync("sha256_cbor_64bit (proven)");
        var rows = page.Locator(".pool tbody tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.Nth(0)).ToContainTextAsync("38 %");
        await Expect(rows.Nth(0)).ToContainTextAsync("1,200");
        await Expect(rows.Nth(1)).ToContainTextAsync("mapped");
        await Expect(rows.Nth(1)).ToContainTextAsync("PYTHONHASHSEED differs");

        admin.Node.ResourceErrors = [];
        admin.Node.Pools = [ScriptedNode.Pool("qwen", endpoint with { Ready = false, BlocksHeld = 5, Lost = 3 })];

        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows.Nth(0)).ToContainTextAsync("not ready");
        await Expect(page.Locator(".pool td.bad")).ToHaveTextAsync("3");
        await Expect(page.Locator(".alert")).ToHaveCountAsync(0);
        watched.AssertNothingWrong();
    }

    [Fact]
    public async Task Pools_Predictions_AreShownBesideWhatTheEngineReported()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        var endpoint = ScriptedNode.Endpoint("vllm-0", "127.0.0.11:8000");
        var fleet = new[]
        {
            endpoint with { Predictions = new PredictionStatus { Judged = 10_000, Right = 9_995, PredictedTokens = 1_234_567, ReportedTokens = 1_234_567, OverTokens = 320, UnderTokens = 64 } },
            ScriptedNode.Endpoint("vllm-1", "127.0.0.12:8000") with { Predictions = new PredictionStatus { Unreported = 7 } },
            ScriptedNode.Endpoint("vllm-2", "127.0.0.13:8000") with { Predictions = null },
        };
        admin.Node.Pools = [ScriptedNode.Pool("qwen", fleet)];
        await using var watched = await browser.OpenAsync(admin.Url);
        var cells = watched.Page.Locator(".pool td.accuracy");

        await Expect(watched.Page.Locator(".pool thead")).ToContainTextAsync("Predictions right");
        // Not 100 %: five of ten thousand were wrong.
        await Expect(cells.Nth(0)).ToContainTextAsync("99.9 %");
        await Expect(cells.Nth(0)).ToContainTextAsync("1.2M predicted · 1.2M cached");
        await Expect(cells.Nth(0)).ToContainTextAsync("320 over · 64 under");
        await Expect(cells.Nth(1)).ToContainTextAsync("cached tokens not reported");
        await Expect(cells.Nth(2)).ToHaveTextAsync("–");

        admin.Node.Pools = [ScriptedNode.Pool("qwen", [fleet[0] with { Predictions = new PredictionStatus { Judged = 3, Right = 3, PredictedTokens = 64, ReportedTokens = 64 } }])];
        await Expect(cells.Nth(0)).ToContainTextAsync("100 %");
        watched.AssertNothingWrong();
    }

    [Fact]
    public async Task Pools_Snapshots_AreShownWithWhatFailedAndWhatWasFoundAtTheStart()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        var written = new SnapshotStatus
        {
            Place = "/data/qwen", TakenAt = DateTimeOffset.UtcNow, AgeSeconds = 3, IntervalSeconds = 5, Generation = 1234, Blocks = 20_500, Bytes = 3 << 20, TookSeconds = 0.042,
            Loaded = new SnapshotLoadStatus(1200, DateTimeOffset.UtcNow, Resumed: 2, Dropped: 1, ["generation 1201: checksum differs"], TookSeconds: 0.5),
        };
        admin.Node.Pools = [ScriptedNode.Pool("qwen") with { Snapshot = written }, ScriptedNode.Pool("unkept")];
        await using var watched = await browser.OpenAsync(admin.Url);
        var pools = watched.Page.Locator(".pool .facts");

        await Expect(pools.Nth(0)).ToContainTextAsync("no. 1,234, 3 s ago · 20.5K blocks · 3.0 MiB kept · took 42 ms · every 5 s");
        await Expect(pools.Nth(0)).ToContainTextAsync("loaded in 500 ms · 2 engines resumed, 1 dropped");
        await Expect(pools.Nth(0).Locator(".trouble").Filter(new() { HasText = "set aside" })).ToHaveTextAsync("set aside: generation 1201: checksum differs");
        await Expect(pools.Nth(1)).Not.ToContainTextAsync("Snapshot");

        admin.Node.Pools = [ScriptedNode.Pool("qwen") with { Snapshot = written with { AgeSeconds = 7260, Failures = 3, Fault = "no space left on device" } }];
        await Expect(pools.Nth(0)).ToContainTextAsync("2 h ago");
        await Expect(pools.Nth(0).Locator(".trouble").Filter(new() { HasText = "failed" })).ToHaveTextAsync("3 failed: no space left on device");

        admin.Node.Pools = [ScriptedNode.Pool("qwen") with { Snapshot = new SnapshotStatus { Place = "/data/qwen", IntervalSeconds = 5, Loaded = new SnapshotLoadStatus(null, null, 0, 0, [], 0) } }];
        await Expect(pools.Nth(0)).ToContainTextAsync("none yet · every 5 s");
        await Expect(pools.Nth(0)).ToContainTextAsync("no snapshot to go on from");
        watched.AssertNothingWrong();
    }

    [Fact]
    public async Task Charts_AsRequestsAreRouted_MoveAndAreThereForALaterPage()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen", ScriptedNode.Endpoint("vllm-0", "127.0.0.11:8000"))];
        using var stop = new CancellationTokenSource();
        var traffic = RouteAsync(admin, stop.Token);
        await using var watched = await browser.OpenAsync(admin.Url);
        var page = watched.Page;

        await Expect(page.Locator("#chart-hit .readout")).ToContainTextAsync("75 %");
        await Expect(page.Locator("#chart-time .readout b").First).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^3[0-9]{2} µs$"));
        var line = page.Locator("#chart-rate .line").First;
        var before = await line.GetAttributeAsync("d");
        await Expect(line).Not.ToHaveAttributeAsync("d", before!);
        await Expect(page.Locator("#decision-rows tr").First).ToContainTextAsync("vllm-0");
        await Expect(page.Locator("#decision-rows tr")).ToHaveCountAsync(50);
        await stop.CancelAsync();
        await traffic;

        await using var later = await browser.OpenAsync(admin.Url);
        await Expect(later.Page.Locator("#chart-rate .line").First).ToHaveAttributeAsync("d", new System.Text.RegularExpressions.Regex("L.*L"));
        watched.AssertNothingWrong();
        later.AssertNothingWrong();
    }

    [Fact]
    public async Task Explain_Request_ShowsTokensBlocksAndScores()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("llama"), ScriptedNode.Pool("qwen") with { Namespace = "prod" }];
        await using var watched = await browser.OpenAsync(admin.Url);
        var page = watched.Page;
        await page.Locator("#explain-pool").SelectOptionAsync(new SelectOptionValue { Label = "qwen" });
        await page.Locator("#explain-path").SelectOptionAsync("/v1/completions");
        await page.Locator("#explain-tokens").CheckAsync();
        await page.Locator("#explain-body").FillAsync("{\"prompt\":\"hi\"}");

        await page.Locator("#explain-form button").ClickAsync();

        var explanation = page.Locator("#explanation");
        await Expect(explanation).ToContainTextAsync("18446744073709551615");
        await Expect(explanation).ToContainTextAsync("Block keys (3)");
        await Expect(explanation).ToContainTextAsync("Token ids (3)");
        await Expect(explanation.Locator("tr.picked")).ToContainTextAsync("vllm-0");
        await Expect(explanation.Locator("tr.picked")).ToContainTextAsync("4.500");
        Assert.Equal(("prod", "qwen", "/v1/completions", true), (admin.Node.Asked!.Namespace, admin.Node.Asked.Pool, admin.Node.Asked.Path, admin.Node.Asked.WithTokens));
        watched.AssertNothingWrong();
    }

    [Fact]
    public async Task Explain_Refused_ShowsTheProblem()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen")];
        admin.Node.Explain = _ => new ExplainOutcome.Refused(400, new Fault("messages is empty", "give at least one"), "messages");
        await using var watched = await browser.OpenAsync(admin.Url);
        await Expect(watched.Page.Locator("#explain-pool option")).ToHaveCountAsync(1);

        await watched.Page.Locator("#explain-form button").ClickAsync();

        await Expect(watched.Page.Locator("#explanation .alert")).ToContainTextAsync("400 Bad Request");
        await Expect(watched.Page.Locator("#explanation .alert")).ToContainTextAsync("messages is empty; give at least one");
    }

    [Fact]
    public async Task Names_Hostile_AreShownAsTextAndNeverRun()
    {
        const string Evil = "<img src=x onerror=\"alert(1)\"><script>alert(2)</script>\"'`${alert(3)}";
        await using var admin = await AdminUnderTest.StartAsync();
        // A pool's name is a path segment too: a slash would end it.
        var pool = Evil.Replace('/', '|');
        admin.Node.Pools = [ScriptedNode.Pool(pool, ScriptedNode.Endpoint(Evil, Evil, Evil, Evil)) with { Scheme = Evil, Namespace = Evil }];
        admin.Node.NotReady = [Evil];
        admin.Node.ResourceErrors = [new ResourceError(Evil, Evil, DateTimeOffset.UtcNow)];
        admin.Node.Explain = _ => new ExplainOutcome.Explained(ScriptedNode.Result(Evil) with
        {
            Model = Evil, Picked = Evil, Endpoints = [new(Evil, Evil, 1, 1, 1, new Dictionary<string, double> { [Evil] = 1 })],
        });
        admin.Decisions.Add(new Decision { Time = DateTimeOffset.UtcNow, RequestId = Evil, Model = Evil, Pool = Evil, Endpoint = Evil, Address = Evil, Status = 200 });
        await using var watched = await browser.OpenAsync(admin.Url);
        var page = watched.Page;

        await Expect(page.Locator(".pool h3")).ToHaveTextAsync(pool);
        await Expect(page.Locator("#decision-rows")).ToContainTextAsync(Evil);
        await page.Locator("#explain-body").FillAsync("{}");
        await page.Locator("#explain-form button").ClickAsync();
        await Expect(page.Locator("#explanation tr.picked")).ToContainTextAsync(Evil);

        Assert.Equal(1, await page.Locator("img").CountAsync());
        Assert.Equal(1, await page.Locator("script").CountAsync());
        watched.AssertNothingWrong();
    }

    [Fact]
    public async Task Page_With200Endpoints_IsFilteredAndKeepsUp()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        var endpoints = Enumerable.Range(0, 200).Select(i => ScriptedNode.Endpoint($"vllm-{i:000}", $"10.0.{i / 100}.{i % 100}:8000")).ToArray();
        admin.Node.Pools = [ScriptedNode.Pool("fleet", endpoints)];
        await using var watched = await browser.OpenAsync(admin.Url, ColorScheme.Dark);
        var page = watched.Page;
        var rows = page.Locator(".pool tbody tr");

        await Expect(rows).ToHaveCountAsync(200);
        await page.Locator(".pool input").FillAsync("vllm-15");
        await Expect(rows).ToHaveCountAsync(10);
        admin.Node.Pools = [ScriptedNode.Pool("fleet", [.. endpoints.Select(e => e with { BlocksHeld = 4321 })])];

        await Expect(rows.Nth(9)).ToContainTextAsync("4,321");
        watched.AssertNothingWrong();
    }

    [Fact]
    public async Task Router_Gone_IsSaidAndItsReturnIsShown()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        await using var watched = await browser.OpenAsync(admin.Url);
        var page = watched.Page;
        await Expect(page.Locator("#readiness")).ToHaveTextAsync("ready");

        await page.RouteAsync("**/api/**", route => route.AbortAsync());
        await Expect(page.Locator("#readiness")).ToHaveTextAsync("no answer");
        await Expect(page.Locator("#alerts")).ToContainTextAsync("does not answer");
        await page.UnrouteAllAsync();

        await Expect(page.Locator("#readiness")).ToHaveTextAsync("ready");
        await Expect(page.Locator(".alert")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Page_Headers_ForbidForeignContentAndRevalidate()
    {
        await using var admin = await AdminUnderTest.StartAsync();

        using var first = await admin.Client.GetAsync("/");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.TryAddWithoutValidation("If-None-Match", first.Headers.ETag!.ToString());
        using var second = await admin.Client.SendAsync(again);

        var policy = Assert.Single(first.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Equal("nosniff", Assert.Single(first.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(System.Net.HttpStatusCode.NotModified, second.StatusCode);
    }

    /// <summary>Routes about 20 requests a second with three quarters of their tokens cached, until told to stop.</summary>
    private static async Task RouteAsync(AdminUnderTest admin, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            admin.Decisions.Add(new Decision
            {
                Time = DateTimeOffset.UtcNow,
                RequestId = i.ToString(CultureInfo.InvariantCulture),
                Model = "Qwen/Qwen3-32B",
                Pool = "qwen",
                Endpoint = "vllm-0",
                Address = "127.0.0.11:8000",
                Tokens = 256,
                MatchedTokens = 192,
                DecisionMicroseconds = 350,
                Status = 200,
            });
            await Task.Delay(25 + (i / 40 % 3 * 20), CancellationToken.None);
        }
    }
}
