using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OrleansKvRouter.Tests.EppService.Gateway;
using static OrleansKvRouter.Tests.EppService.CommandLine.RouterProgram;

namespace OrleansKvRouter.Tests.EppService.CommandLine;

/// <summary><c>serve</c> from outside: what it prints, answers and returns.</summary>
[Collection(ProgramCollection.Name)]
public sealed class ServeCommandTests : IAsyncLifetime
{
    private const string Completion = """{"model":"Qwen3-32B","prompt":"Hello"}""";
    private readonly RouterProgram _router = RouterProgram.Create();

    [Fact]
    public async Task Serve_GoodResources_IsReadyWhenItSaysSoAndStopsWithStatus0()
    {
        await _router.ServeReadyAsync(PoolAndPolicy + Pod("a", "127.0.0.11"));
        Assert.Equal(HttpStatusCode.OK, (await _router.Http.GetAsync($"http://{_router.Admin}/readyz")).StatusCode);
        var routing = (await PoolAsync()).GetProperty("routing");
        Assert.True(routing.GetProperty("precise").GetBoolean(), routing.ToString());
        _router.Process.Terminate();
        Assert.Equal(0, await _router.ExitAsync());
        Assert.Contains("Ready: ext_proc", _router.Process.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("rror", _router.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_TerminatedWhileAnAnswerStreams_LetsItEndAndIsNotReadyMeanwhile()
    {
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = await StreamingEngineAsync(last.Task);
        await ServeEngineAsync(engine);
        using var answer = await StartStreamAsync();
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("data: first", await reader.ReadLineAsync());

        _router.Process.Terminate();
        await Eventually.TrueAsync(
            async () => (await _router.Http.GetAsync($"http://{_router.Admin}/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable, "the router says that it stops");
        last.SetResult();
        Assert.Contains("data: last", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await _router.ExitAsync());
    }

    [Fact]
    public async Task Serve_TerminatedWhileStreamsNeverEnd_StopsAllTheSameWithStatus0()
    {
        await using var engine = await StreamingEngineAsync(Task.Delay(Timeout.Infinite));
        await ServeEngineAsync(engine);
        using var answer = await StartStreamAsync();
        using var extProc = await OpenExtProcAsync();

        _router.Process.Terminate();
        Assert.Equal(0, await _router.ExitAsync());
    }

    [Fact]
    public async Task Serve_TypoInADocument_IsStatus2AndNamesFileFieldAndNearestName()
    {
        _router.Serve(PoolAndPolicy.Replace("blockSize", "blocksSize", StringComparison.Ordinal));
        Assert.Equal(2, await _router.ExitAsync());
        Assert.Contains("resources.yaml", _router.Process.Errors, StringComparison.Ordinal);
        Assert.Contains("tokenProcessorConfig.blocksSize", _router.Process.Errors, StringComparison.Ordinal);
        Assert.Contains("did you mean \"blockSize\"", _router.Process.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--ext-proc")]
    [InlineData("--health")]
    [InlineData("--admin")]
    [InlineData("--gateway")]
    [InlineData("--events")]
    public async Task Serve_PortIsTaken_IsStatus1AndNamesTheOption(string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var scheme = option == "--events" ? "tcp://" : "";
        _router.Serve(PoolAndPolicy, new() { [option] = $"{scheme}{other.LocalEndpoint}" });
        Assert.Equal(1, await _router.ExitAsync());
        Assert.Contains($"kvrouter serve: {option}: ", _router.Process.Errors, StringComparison.Ordinal);
        Assert.Contains($"{other.LocalEndpoint}", _router.Process.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--log-level", "loud", "--log-level loud")]
    [InlineData("--log-level", "3", "--log-level 3")]
    [InlineData("--snapshot-interval", "0", "--snapshot-interval 0")]
    [InlineData("--tls", "no-such-cert.pem,no-such-key.pem", "no-such-cert.pem")]
    [InlineData("--tls", "nonsense", "nonsense")]
    [InlineData("--settings", "no-such-settings.json", "no-such-settings.json")]
    [InlineData("--file", "no-such-resources.yaml", "no-such-resources.yaml")]
    [InlineData("--ext-proc", "localhost", "--ext-proc localhost")]
    [InlineData("--admin", "127.0.0.1:99999", "--admin 127.0.0.1:99999")]
    public async Task Serve_BadOption_IsStatus2AndNamesIt(string option, string value, string says)
    {
        _router.Serve(PoolAndPolicy, new() { [option] = value });
        Assert.Equal(2, await _router.ExitAsync());
        Assert.Contains("kvrouter serve: ", _router.Process.Errors, StringComparison.Ordinal);
        Assert.Contains(says, _router.Process.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _router.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_NoModelFiles_StartsWarnsRoutesByLoadAndSaysWhy()
    {
        await using var engine = await Upstream.StartAsync(static context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "answered"));
        await ServeEngineAsync(engine, models: false);
        await Eventually.TrueAsync(
            () => _router.Process.Errors is var log && log.Contains("Qwen/Qwen3-32B", StringComparison.Ordinal) && log.Contains("--models", StringComparison.Ordinal), "the log says what is missing");
        using var answer = await PostAsync(Completion);
        Assert.Equal("answered", await answer.Content.ReadAsStringAsync());
        var routing = (await PoolAsync()).GetProperty("routing");
        Assert.False(routing.GetProperty("precise").GetBoolean());
        Assert.Contains("--models", routing.GetProperty("cause").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_PoolWithoutPods_IsReadyAndAnswers503()
    {
        await _router.ServeReadyAsync(PoolAndPolicy);
        using var answer = await PostAsync(Completion);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("no ready endpoint", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _router.DisposeAsync();

    private static Task<Upstream> StreamingEngineAsync(Task last) => Upstream.StartAsync(async context =>
    {
        if (context.Request.Method != "POST")
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.WriteAsync("data: first\n\n"u8.ToArray());
        await context.Response.Body.FlushAsync();
        await last.WaitAsync(context.RequestAborted);
        await context.Response.Body.WriteAsync("data: last\n\n"u8.ToArray());
    });

    private Task ServeEngineAsync(Upstream engine, bool models = true)
    {
        var address = IPEndPoint.Parse(engine.Address);
        return _router.ServeReadyAsync(PoolAndPolicy.Replace("number: 8000", $"number: {address.Port}", StringComparison.Ordinal) + Pod("a", $"{address.Address}"), models: models);
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        _router.Http.PostAsync($"http://{_router.Gateway}/v1/completions", new StringContent(body, Encoding.UTF8, "application/json"));

    private Task<HttpResponseMessage> StartStreamAsync() => _router.Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, $"http://{_router.Gateway}/v1/completions") { Content = new StringContent(Completion, Encoding.UTF8, "application/json") },
        HttpCompletionOption.ResponseHeadersRead);

    /// <summary>A stream that an engine's answer would keep open: headers were asked about, and nothing more comes.</summary>
    private async Task<IDisposable> OpenExtProcAsync()
    {
        var content = new OpenContent([0, 0, 0, 0, 4, 0x12, 2, 0x18, 1]); // request_headers { end_of_stream: true }
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://{_router.ExtProc}/envoy.service.ext_proc.v3.ExternalProcessor/Process")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.ContentType = new("application/grpc");
        var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var response = await http.SendAsync(request, default);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = new byte[5];
        await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(answer);
        return http;
    }

    private async Task<JsonElement> PoolAsync() =>
        JsonDocument.Parse(await _router.Http.GetStringAsync($"http://{_router.Admin}/api/pools/qwen")).RootElement;

    /// <summary>Sends its bytes and stays open.</summary>
    private sealed class OpenContent(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
