using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Gateway;

/// <summary>What the answer says of the engine's cache reaches the lease, and the answer the client as it was.</summary>
public sealed class GatewayUsageTests
{
    private const string Answer = """{"choices":[],"usage":{"prompt_tokens":200,"prompt_tokens_details":{"cached_tokens":128}}}""";

    [Fact]
    public async Task Usage_OfAJsonAnswer_IsReportedOnceAndBeforeTheLeaseEnds()
    {
        var (text, lease) = await SendAsync(context => context.Response.WriteAsync(Answer));

        Assert.Equal(Answer, text);
        Assert.Equal([new ReportedUsage(200, 128)], lease.Reported);
    }

    [Fact]
    public async Task Usage_OfEventsCutAnywhere_IsReported()
    {
        var events = $"data: {{\"choices\":[],\"usage\":null}}\n\ndata: {Answer}\n\ndata: [DONE]\n\n";
        var (text, lease) = await SendAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var piece in events.Chunk(11))
            {
                await context.Response.WriteAsync(new string(piece));
                await context.Response.Body.FlushAsync();
            }
        });

        Assert.Equal(events, text);
        Assert.Equal([new ReportedUsage(200, 128)], lease.Reported);
    }

    [Fact]
    public async Task Usage_OfAnError_IsNotReported()
    {
        var (_, lease) = await SendAsync(context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync(Answer);
        });

        Assert.Empty(lease.Reported);
    }

    [Fact]
    public async Task Usage_OfAGzippedAnswer_IsLeftAlone()
    {
        using var packed = new MemoryStream();
        // Stored, not compressed: the words stand in it, and are none of the gateway's business.
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(Answer));

        var (_, lease) = await SendAsync(context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return context.Response.Body.WriteAsync(packed.ToArray()).AsTask();
        });

        Assert.Empty(lease.Reported);
    }

    [Fact]
    public async Task Usage_ThatNobodyWants_IsNotReported()
    {
        var (text, lease) = await SendAsync(context => context.Response.WriteAsync(Answer), new CountedLease(wantsUsage: false));

        Assert.Equal(Answer, text);
        Assert.Empty(lease.Reported);
    }

    private static async Task<(string Text, CountedLease Lease)> SendAsync(RequestDelegate engine, CountedLease? lease = null)
    {
        lease ??= new CountedLease();
        await using var upstream = await Upstream.StartAsync(engine);
        await using var gateway = await GatewayUnderTest.StartAsync(_ => new PickOutcome.Picked(upstream.Address, lease));
        using var response = await gateway.Client.PostAsync("/v1/completions", new StringContent("{}"));
        var text = await response.Content.ReadAsStringAsync();
        await Eventually.TrueAsync(() => lease.Disposals == 1, "the lease is given back");
        return (text, lease);
    }
}
