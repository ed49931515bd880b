using Microsoft.AspNetCore.Http;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Gateway;

/// <summary>Answers that take their time, and partners that leave in the middle.</summary>
public sealed class GatewayStreamingTests
{
    [Fact]
    public async Task Sse_EachChunk_ArrivesBeforeTheEndpointSendsTheNext()
    {
        using var go = new SemaphoreSlim(0);
        await using var engine = await Upstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 5; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await go.WaitAsync();
            }

            await context.Response.WriteAsync("data: [DONE]\n\n");
        });
        var lease = new CountedLease();
        await using var gateway = await GatewayUnderTest.StartAsync(_ => new PickOutcome.Picked(engine.Address, lease));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent("{\"stream\":true}") };

        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        for (var i = 0; i < 5; i++)
        {
            // The endpoint waits until this chunk has come through: a gateway that buffers would hang here.
            Assert.Equal($"data: {i}", await lines.ReadLineAsync());
            Assert.Equal("", await lines.ReadLineAsync());
            Assert.Equal(0, lease.Disposals);
            go.Release();
        }

        Assert.Equal("data: [DONE]\n\n", await lines.ReadToEndAsync());
        await Eventually.TrueAsync(() => lease.Disposals == 1, "the lease is given back after the last byte");
    }

    [Fact]
    public async Task Trailers_FromEndpoint_DoNotHarmTheAnswer()
    {
        // Kestrel writes no trailers over HTTP/1.1, so they end here.
        await using var engine = RawUpstream.Start("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Cost\r\n\r\n6\r\nanswer\r\n0\r\nX-Cost: 3\r\n\r\n");
        await using var gateway = await GatewayUnderTest.StartAsync(engine.Address);

        using var response = await gateway.Client.PostAsync("/v1/completions", new StringContent("{}"));

        Assert.Equal("answer", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_LeavesAnswer_CancelsEndpointAndGivesLeaseBack(bool afterFirstChunk)
    {
        var arrived = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var engine = await Upstream.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => cancelled.TrySetResult());
            if (afterFirstChunk) await context.Response.WriteAsync("data: 0\n\n");
            arrived.SetResult();
            await cancelled.Task;
        });
        var lease = new CountedLease();
        await using var gateway = await GatewayUnderTest.StartAsync(_ => new PickOutcome.Picked(engine.Address, lease));
        using var leave = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent("{}") };

        var sending = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
        await arrived.Task;
        if (afterFirstChunk)
        {
            using var response = await sending;
            using var stream = await response.Content.ReadAsStreamAsync();
            Assert.Equal('d', stream.ReadByte());
        }
        else
        {
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        }

        await cancelled.Task.WaitAsync(Eventually.Limit);
        await Eventually.TrueAsync(() => lease.Disposals == 1, "the lease is given back");
    }

    [Theory]
    [InlineData("Content-Length: 100")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Endpoint_DiesInTheMiddle_ClientSeesItsConnectionBreak(string framing)
    {
        var chunk = framing.StartsWith("Content", StringComparison.Ordinal) ? "half" : "4\r\nhalf\r\n";
        await using var engine = RawUpstream.Start($"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{chunk}");
        var lease = new CountedLease();
        await using var gateway = await GatewayUnderTest.StartAsync(_ => new PickOutcome.Picked(engine.Address, lease));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent("{}") };

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await response.Content.ReadAsStringAsync();
        });

        await Eventually.TrueAsync(() => lease.Disposals == 1, "the lease is given back");
    }
}
