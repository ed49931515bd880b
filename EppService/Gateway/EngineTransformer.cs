using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>
/// What changes in the headers of one request on its way to an endpoint and back; hop-by-hop headers are YARP's
/// own affair and the body is left as it is; <paramref name="usage"/>, when there is one, sees the answer's pass.
/// </summary>
internal sealed class EngineTransformer(string endpoint, int? rank, string requestId, UsageScanner? usage) : HttpTransformer
{
    public const string RequestIdHeader = "x-request-id";

    /// <summary>The endpoint that answered, in the words of the endpoint-picker protocol.</summary>
    public const string ServedHeader = "x-gateway-destination-endpoint-served";

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var (headers, request) = (proxyRequest.Headers, httpContext.Request);
        headers.Host = null;
        // The body is here already: waiting for the engine's leave to send it would only cost time.
        headers.Remove("Expect");
        Replace(RequestIdHeader, requestId);
        if (rank is { } number) Replace(PickOutcome.Picked.RankHeader, number.ToString(CultureInfo.InvariantCulture));
        Replace("X-Forwarded-Host", request.Host.Value);
        Replace("X-Forwarded-Proto", request.Scheme);
        // Added to what proxies before this one wrote.
        if (httpContext.Connection.RemoteIpAddress is { } client) headers.TryAddWithoutValidation("X-Forwarded-For", client.ToString());

        void Replace(string name, string? value)
        {
            headers.Remove(name);
            if (!string.IsNullOrEmpty(value)) headers.TryAddWithoutValidation(name, value);
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var send = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is not null)
        {
            httpContext.Response.Headers[RequestIdHeader] = requestId;
            httpContext.Response.Headers[ServedHeader] = endpoint;
            if (usage is not null && proxyResponse.StatusCode == HttpStatusCode.OK && proxyResponse.Content.Headers.ContentEncoding.Count == 0)
            {
                httpContext.Response.Body = new UsageTap(httpContext.Response.Body, usage);
            }
        }

        return send;
    }
}
