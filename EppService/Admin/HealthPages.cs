using System.Buffers;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.EppService.Admin.Prometheus;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>What probes and Prometheus read, as plain text.</summary>
internal sealed class HealthPages(INodeView node, PrometheusExporter metrics)
{
    /// <summary>200 as long as the process answers.</summary>
    public static Task LiveAsync(HttpContext context) => context.Response.WriteAsync("ok\n", context.RequestAborted);

    /// <summary>200 when requests can be routed; else 503 with the reasons, one a line.</summary>
    public Task ReadyAsync(HttpContext context)
    {
        var reasons = node.NotReady;
        if (reasons.Count == 0) return context.Response.WriteAsync("ready\n", context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"not ready\n{string.Join('\n', reasons)}\n", context.RequestAborted);
    }

    public async Task MetricsAsync(HttpContext context)
    {
        // Written whole before it is sent: a slow reader must not hold up the next scrape.
        var text = new ArrayBufferWriter<byte>(64 * 1024);
        metrics.Write(text);
        context.Response.ContentType = PrometheusExporter.ContentType;
        context.Response.ContentLength = text.WrittenCount;
        await context.Response.Body.WriteAsync(text.WrittenMemory, context.RequestAborted);
    }
}
