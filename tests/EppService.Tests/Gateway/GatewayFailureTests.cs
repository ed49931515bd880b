using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Gateway;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Gateway;

/// <summary>Requests that get no answer from an engine: each says what was wrong, as OpenAI clients read it.</summary>
public sealed class GatewayFailureTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_Of20Megabytes_Gets413NamingTheLimitAndIsNotPicked(bool chunked)
    {
        await using var gateway = await GatewayUnderTest.StartAsync("127.0.0.1:1");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new ByteArrayContent(new byte[20_000_000]) };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await gateway.Client.SendAsync(request);

        var error = await ErrorAsync(response, HttpStatusCode.RequestEntityTooLarge);
        Assert.Contains("10485760 bytes", error.GetProperty("message").GetString());
        Assert.Empty(gateway.Picker.Asked);
    }

    [Theory]
    [InlineData(400, "invalid_request_error", false)]
    [InlineData(429, "rate_limit_error", true)]
    [InlineData(503, "server_error", true)]
    public async Task Refusal_FromPicker_BecomesOpenAiError(int status, string type, bool retry)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(_ => new PickOutcome.Refused(status, new Fault("messages is \"<b>\"", "give a list")));

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", new StringContent("{}"));

        var error = await ErrorAsync(response, (HttpStatusCode)status);
        Assert.Equal("messages is \"<b>\"; give a list", error.GetProperty("message").GetString());
        Assert.Equal(type, error.GetProperty("type").GetString());
        Assert.Equal(retry, response.Headers.RetryAfter is not null);
        Assert.Equal(gateway.Picker.Asked.Single().RequestId, response.Headers.GetValues("x-request-id").Single());
    }

    [Fact]
    public async Task Connect_Refused_TriesTheNextDestinationWithTheSameBody()
    {
        await using var engine = await Upstream.StartAsync(context => context.Request.Body.CopyToAsync(context.Response.Body));
        var lease = new CountedLease();
        var dead = $"127.0.0.1:{Ports.Take()}";
        await using var gateway = await GatewayUnderTest.StartAsync(_ => new PickOutcome.Picked($"{dead},{engine.Address}", lease));

        using var response = await gateway.Client.PostAsync("/v1/completions", new StringContent("the body"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("the body", await response.Content.ReadAsStringAsync());
        Assert.Equal(engine.Address, response.Headers.GetValues("x-gateway-destination-endpoint-served").Single());
        await Eventually.TrueAsync(() => lease.Disposals == 1, "the lease is given back");
    }

    [Fact]
    public async Task Connect_RefusedByAll_Gets502NamingThemAndAllowsALaterRequest()
    {
        var (one, two) = (Ports.Take(), Ports.Take());
        await using var gateway = await GatewayUnderTest.StartAsync($"127.0.0.1:{one}", $"127.0.0.1:{two}");

        using var response = await gateway.Client.GetAsync("/v1/models");

        var message = (await ErrorAsync(response, HttpStatusCode.BadGateway)).GetProperty("message").GetString();
        Assert.Contains($"127.0.0.1:{one} (", message);
        Assert.Contains($"127.0.0.1:{two} (", message);
        Assert.Single(response.Headers.GetValues("x-request-id"));
    }

    [Fact]
    public async Task Endpoint_BreaksOffBeforeAnswering_Gets502AndIsNotRepeatedElsewhere()
    {
        await using var dying = RawUpstream.Start("");
        var other = 0;
        await using var engine = await Upstream.StartAsync(_ =>
        {
            Interlocked.Increment(ref other);
            return Task.CompletedTask;
        });
        await using var gateway = await GatewayUnderTest.StartAsync(dying.Address, engine.Address);

        using var response = await gateway.Client.PostAsync("/v1/completions", new StringContent("{}"));

        var error = await ErrorAsync(response, HttpStatusCode.BadGateway);
        Assert.Contains(dying.Address, error.GetProperty("message").GetString());
        Assert.Equal(0, other);
    }

    [Fact]
    public async Task Endpoint_SilentTooLong_Gets504()
    {
        await using var engine = await Upstream.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var gateway = await GatewayUnderTest.StartAsync(
            _ => new PickOutcome.Picked(engine.Address, new CountedLease()), new GatewayOptions { SilenceTimeout = TimeSpan.FromMilliseconds(200) });

        using var response = await gateway.Client.PostAsync("/v1/completions", new StringContent("{}"));

        var error = await ErrorAsync(response, HttpStatusCode.GatewayTimeout);
        Assert.Contains(engine.Address, error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Picker_Fails_Gets500AndTheNextRequestIsServed()
    {
        await using var engine = await Upstream.StartAsync(context => context.Response.WriteAsync("fine"));
        var calls = 0;
        await using var gateway = await GatewayUnderTest.StartAsync(_ => calls++ == 0
            ? throw new InvalidOperationException("a bug with a secret in it")
            : new PickOutcome.Picked(engine.Address, new CountedLease()));

        using var failed = await gateway.Client.PostAsync("/v1/completions", new StringContent("{}"));
        using var served = await gateway.Client.PostAsync("/v1/completions", new StringContent("{}"));

        var error = await ErrorAsync(failed, HttpStatusCode.InternalServerError);
        Assert.DoesNotContain("secret", error.GetProperty("message").GetString());
        Assert.Equal("fine", await served.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_WithBrokenChunking_Gets400()
    {
        await using var gateway = await GatewayUnderTest.StartAsync("127.0.0.1:1");
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.Address);

        await socket.Client.SendAsync(Encoding.ASCII.GetBytes("POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"));

        using var reader = new StreamReader(socket.GetStream());
        Assert.StartsWith("HTTP/1.1 400 ", await reader.ReadLineAsync());
        Assert.Empty(gateway.Picker.Asked);
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("error").Clone();
    }
}
