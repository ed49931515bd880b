using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Gateway;

/// <summary>What passes through the gateway, and what it changes.</summary>
public sealed class GatewayForwardingTests
{
    [Fact]
    public async Task Post_AnyBytes_ReachPickerAndEndpointAndComeBackIdentical()
    {
        var sent = new byte[300_000];
        Random.Shared.NextBytes(sent);
        var arrived = Array.Empty<byte>();
        await using var engine = await Upstream.StartAsync(async context =>
        {
            arrived = await ReadAllAsync(context.Request);
            context.Response.StatusCode = 201;
            await context.Response.Body.WriteAsync(arrived);
        });
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);

        using var response = await gateway.Client.PostAsync("/v1/completions?trace=1", new ByteArrayContent(sent));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(sent, arrived);
        Assert.Equal(sent, await response.Content.ReadAsByteArrayAsync());
        var asked = Assert.Single(gateway.Picker.Asked);
        Assert.Equal("/v1/completions?trace=1", asked.Path);
        Assert.Equal(sent, asked.Body!.Value.ToArray());
    }

    [Fact]
    public async Task Post_ChunkedBody_IsForwardedWithItsLength()
    {
        long? length = null;
        var text = "";
        await using var engine = await Upstream.StartAsync(async context =>
        {
            length = context.Request.ContentLength;
            text = Encoding.UTF8.GetString(await ReadAllAsync(context.Request));
        });
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent("{\"prompt\":\"Grüße\"}") };
        request.Headers.TransferEncodingChunked = true;

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("{\"prompt\":\"Grüße\"}", text);
        Assert.Equal(Encoding.UTF8.GetByteCount(text), length);
    }

    [Fact]
    public async Task Request_Headers_PassExceptHopByHop()
    {
        IHeaderDictionary seen = new HeaderDictionary();
        await using var engine = await Upstream.StartAsync(context =>
        {
            foreach (var (name, value) in context.Request.Headers) seen[name] = value;
            return Task.CompletedTask;
        });
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Host = "llm.example";
        foreach (var (name, value) in new[]
        {
            ("Authorization", "Bearer key"), ("X-Custom", "a, b"), ("Keep-Alive", "timeout=5"), ("Expect", "100-continue"), ("X-Forwarded-For", "192.0.2.7"),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("x-request-id", "from-client"), ("Accept-Encoding", "gzip"),
        })
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal("Bearer key", seen.Authorization);
        Assert.Equal("a, b", seen["X-Custom"]);
        Assert.Equal("application/json; charset=utf-8", seen.ContentType);
        Assert.Equal("gzip", seen.AcceptEncoding);
        Assert.Equal("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", seen.TraceParent);
        Assert.Equal("from-client", seen["x-request-id"]);
        Assert.Equal(engine.Address, seen.Host);
        Assert.Equal("llm.example", seen["X-Forwarded-Host"]);
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.Equal("192.0.2.7, 127.0.0.1", seen["X-Forwarded-For"].ToString().Replace(",", ", ").Replace("  ", " "));
        Assert.False(seen.ContainsKey("Keep-Alive"));
        Assert.False(seen.ContainsKey("Expect"));
    }

    [Theory]
    [InlineData(3, "3")]
    [InlineData(null, "1")]
    public async Task Request_RankIsNamed_OverridesTheClients(int? rank, string expected)
    {
        var seen = "";
        await using var engine = await Upstream.StartAsync(context =>
        {
            seen = context.Request.Headers["x-data-parallel-rank"].ToString();
            return Task.CompletedTask;
        });
        await using var gateway = await GatewayUnderTest.StartAsync(_ => new PickOutcome.Picked(engine.Address, new CountedLease()) { Rank = rank });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent("{}") };
        request.Headers.Add("x-data-parallel-rank", "1");

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task Response_Headers_NameEndpointAndRequest()
    {
        await using var engine = await Upstream.StartAsync(context =>
        {
            context.Response.Headers["x-request-id"] = "the engine's own";
            context.Response.Headers["X-Engine"] = "e";
            context.Response.Headers.ContentEncoding = "gzip";
            return context.Response.Body.WriteAsync(new byte[] { 1, 2, 3 }).AsTask();
        });
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);

        using var response = await gateway.Client.PostAsync("/v1/completions", new StringContent("{}"));

        var id = Assert.Single(response.Headers.GetValues("x-request-id"));
        Assert.Equal(id, gateway.Picker.Asked.Single().RequestId);
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal(engine.Address, Assert.Single(response.Headers.GetValues("x-gateway-destination-endpoint-served")));
        Assert.Equal("e", Assert.Single(response.Headers.GetValues("X-Engine")));
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        Assert.Equal([1, 2, 3], await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Headers_BeyondAscii_PassUnchanged()
    {
        var seen = "";
        await using var engine = await Upstream.StartAsync(context =>
        {
            seen = context.Request.Headers["X-Name"].ToString();
            return Task.CompletedTask;
        });
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{gateway.Address}/v1/models");
        request.Headers.TryAddWithoutValidation("X-Name", "Zoë 東京");
        request.Headers.TryAddWithoutValidation("x-request-id", "möglich?");

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Zoë 東京", seen);
        Assert.True(Guid.TryParse(response.Headers.GetValues("x-request-id").Single(), out _), "an id that cannot stand in a response header is replaced");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("DELETE")]
    public async Task Request_WithoutBody_IsPickedWithoutBody(string method)
    {
        var seen = "";
        await using var engine = await Upstream.StartAsync(context =>
        {
            seen = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.ContentLength}";
            context.Response.ContentLength = 5;
            return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync("hello");
        });
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);

        using var response = await gateway.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/v1/models?x=%2Fy"));

        Assert.Equal($"{method} /v1/models?x=%2Fy ", seen);
        Assert.Null(gateway.Picker.Asked.Single().Body);
        Assert.Equal(method == "HEAD" ? "" : "hello", await response.Content.ReadAsStringAsync());
        Assert.Equal(5, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Redirect_FromEndpoint_IsPassedOn()
    {
        await using var engine = await Upstream.StartAsync(context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);

        using var response = await gateway.Client.GetAsync("/v1/models");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/elsewhere", response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Requests_HundredAtOnce_EachGetsItsOwnAnswerAndGivesItsLeaseBackOnce()
    {
        var together = new TaskCompletionSource();
        var inside = 0;
        await using var engine = await Upstream.StartAsync(async context =>
        {
            var body = await ReadAllAsync(context.Request);
            if (Interlocked.Increment(ref inside) == 100) together.SetResult();
            await together.Task;
            await context.Response.Body.WriteAsync(body);
        });
        var leases = new ConcurrentBag<CountedLease>();
        await using var gateway = await GatewayUnderTest.StartAsync(_ =>
        {
            var lease = new CountedLease();
            leases.Add(lease);
            return new PickOutcome.Picked(engine.Address, lease);
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var response = await gateway.Client.PostAsync("/v1/completions", new StringContent($"request {i}"));
            return await response.Content.ReadAsStringAsync();
        }));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"request {i}"), answers);
        await Eventually.TrueAsync(() => leases.All(l => l.Disposals > 0), "every lease is given back");
        Assert.Equal(100, leases.Count);
        Assert.All(leases, lease => Assert.Equal(1, lease.Disposals));
    }

    private static async Task<byte[]> ReadAllAsync(HttpRequest request)
    {
        using var all = new MemoryStream();
        await request.Body.CopyToAsync(all);
        return all.ToArray();
    }
}
