using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Admin.Prometheus;

namespace OrleansKvRouter.Tests.EppService.Admin;

/// <summary>An admin listener on loopback over a scripted node, and a client for it.</summary>
internal sealed class AdminUnderTest : IAsyncDisposable
{
    private readonly AdminServer _server;
    private readonly PrometheusExporter _metrics = new(NullLogger<PrometheusExporter>.Instance);

    private AdminUnderTest(TimeProvider time)
    {
        _server = new AdminServer(new IPEndPoint(IPAddress.Loopback, 0), Node, Decisions, _metrics, [], time, NullLoggerFactory.Instance);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
    }

    public ScriptedNode Node { get; } = new();

    public DecisionLog Decisions { get; } = new();

    public HttpClient Client { get; }

    public string Url => $"http://{_server.Address}/";

    public static async Task<AdminUnderTest> StartAsync(TimeProvider? time = null)
    {
        var admin = new AdminUnderTest(time ?? TimeProvider.System);
        await admin._server.StartAsync(default);
        admin.Client.BaseAddress = new Uri(admin.Url);
        return admin;
    }

    public async Task<JsonElement> GetJsonAsync(string path) => await JsonOfAsync(await Client.GetAsync(path), HttpStatusCode.OK, "application/json");

    public static async Task<JsonElement> JsonOfAsync(HttpResponseMessage response, HttpStatusCode status, string contentType)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == status, $"{response.StatusCode}: {text}");
            Assert.Equal(contentType, response.Content.Headers.ContentType!.MediaType);
            using var json = JsonDocument.Parse(text);
            return json.RootElement.Clone();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _metrics.Dispose();
    }
}
