using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>
/// Whatever comes in, the sender gets a clear error, the node stays ready, and the next good request is routed: through
/// ext_proc and through the explain API, on one running router.
/// </summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private const string Good = """{"model":"Qwen3-32B","messages":[{"role":"user","content":"Hello"}]}""";
    private static readonly string[] Ips = ["127.0.0.11", "127.0.0.12"];

    /// <summary>Nobody is there: the engines are none.</summary>
    private readonly int _port = Ports.Take();

    private RouterFixture _fixture = null!;

    public async Task InitializeAsync() => _fixture = await RouterFixture.StartAsync(new FleetResources { Ips = Ips, Port = _port });

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task Route_BadBodies_AreRefusedByFieldAndTheNextGoodOneIsRouted()
    {
        foreach (var (body, says) in BadBodies())
        {
            var answer = await _fixture.RouteAsync(body);
            Assert.True(answer.Status == 400, $"{says}: {answer}");
            Assert.Null(answer.Destination);
            var message = JsonDocument.Parse(answer.Error).RootElement.GetProperty("error").GetProperty("message").GetString();
            Assert.Contains(says, message, StringComparison.OrdinalIgnoreCase);

            var problem = await ExplainAsync(body);
            Assert.Equal(HttpStatusCode.BadRequest, problem.StatusCode);
            Assert.Equal("application/problem+json", problem.Content.Headers.ContentType?.MediaType);
            Assert.Contains(says, JsonDocument.Parse(await problem.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
            await AssertStillRoutesAsync();
        }
    }

    [Fact]
    public async Task Route_BodyOf20Megabytes_IsTooLargeAndTheNextGoodOneIsRouted()
    {
        var body = Encoding.UTF8.GetBytes(Good.Replace("Hello", new string('x', 20 << 20), StringComparison.Ordinal));
        var answer = await _fixture.RouteAsync(body);
        Assert.Equal(413, answer.Status);
        Assert.Contains("10", answer.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await ExplainAsync(body)).StatusCode);
        await AssertStillRoutesAsync();
    }

    [Fact]
    public async Task Events_OneMegabyteOfGarbageOnTheSocket_HarmsNobody()
    {
        var garbage = new byte[1 << 20];
        new Random(1).NextBytes(garbage);
        var address = IPEndPoint.Parse(_fixture.Router.Events["tcp://".Length..]);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(address);
            try
            {
                await client.GetStream().WriteAsync(garbage);
            }
            catch (IOException)
            {
                // The router hung up on it: as good as ignoring it.
            }
        }

        await AssertStillRoutesAsync();
    }

    [Fact]
    public async Task ExtProc_GarbageInsteadOfAFrame_EndsThatStreamAlone()
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://{_fixture.Router.ExtProc}/envoy.service.ext_proc.v3.ExternalProcessor/Process")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff]) { Headers = { { "content-type", "application/grpc" } } },
        };
        using var response = await http.SendAsync(request, default);
        await response.Content.ReadAsByteArrayAsync();
        var status = response.TrailingHeaders.Concat(response.Headers).Single(h => h.Key == "grpc-status").Value.Single();
        Assert.NotEqual("0", status);
        await AssertStillRoutesAsync();
    }

    [Fact]
    public async Task Resources_EditWithATypo_IsReportedByNameAndTheLastGoodVersionStays()
    {
        var good = await File.ReadAllTextAsync(_fixture.ResourceFile);
        await _fixture.EditAsync(good.Replace("blockSize:", "blockSizes:", StringComparison.Ordinal));
        await Support.Eventually.TrueAsync(() => _fixture.Router.Log.Contains("blockSizes", StringComparison.Ordinal), "the log names the unknown field");
        Assert.Contains("fleet.yaml", _fixture.Router.Log, StringComparison.Ordinal);
        Assert.Contains("blockSize", _fixture.Router.Log.Replace("blockSizes", "", StringComparison.Ordinal), StringComparison.Ordinal);
        await AssertStillRoutesAsync();

        await _fixture.EditAsync(good.Replace("blockSize: 64", "blockSize: 32", StringComparison.Ordinal));
        await Support.Eventually.TrueAsync(
            async () => (await _fixture.Admin.PoolAsync(FleetResources.PoolName)).Policy.TokenProcessor.BlockSize == 32, "the mended edit takes effect");
        await AssertStillRoutesAsync();
    }

    private static IEnumerable<(byte[] Body, string Says)> BadBodies()
    {
        yield return ("{\"model\":"u8.ToArray(), "JSON");
        yield return (Encoding.UTF8.GetBytes(Good.Replace("\"Hello\"", new string('[', 10_000) + new string(']', 10_000), StringComparison.Ordinal)), "JSON");
        yield return ("""{"model":"Qwen3-32B","messages":"Hello"}"""u8.ToArray(), "messages");
        yield return ("""{"model":7,"messages":[{"role":"user","content":"Hello"}]}"""u8.ToArray(), "model");
        yield return ("""{"messages":[{"role":"user","content":"Hello"}]}"""u8.ToArray(), "model");
        yield return ("""{"model":"Qwen3-32B","messages":[]}"""u8.ToArray(), "messages");
        yield return ("""{"model":"Qwen3-32B","messages":[{"content":"Hello"}]}"""u8.ToArray(), "role");
        yield return ([.. "{\"model\":\"Qwen3-32B\",\"messages\":[{\"role\":\"user\",\"content\":\""u8, 0xff, 0xfe, .. "\"}]}"u8], "UTF-8");
    }

    private async Task AssertStillRoutesAsync()
    {
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"http://{_fixture.Router.Admin}/readyz")).StatusCode);
        var answer = await _fixture.RouteAsync(Encoding.UTF8.GetBytes(Good));
        Assert.Equal(200, answer.Status);
        Assert.Contains(answer.Destination, Ips.Select(ip => $"{ip}:{_port}"));
    }

    private async Task<HttpResponseMessage> ExplainAsync(byte[] body)
    {
        using var http = new HttpClient();
        return await http.PostAsync($"http://{_fixture.Router.Admin}/api/pools/{FleetResources.PoolName}/explain", new ByteArrayContent(body));
    }
}
