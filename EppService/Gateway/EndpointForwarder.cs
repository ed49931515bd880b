using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>
/// Forwards one request to the first of its destinations that accepts a connection, through YARP's forwarder:
/// the answer is streamed as it comes, a client that leaves cancels it, and an engine that breaks off takes the
/// client's connection down, so that half an answer is never taken for a whole one.
/// </summary>
internal sealed class EndpointForwarder : IDisposable
{
    private readonly IHttpForwarder _forwarder;
    private readonly GatewayInstruments _instruments;
    private readonly ILogger<EndpointForwarder> _logger;
    private readonly ForwarderRequestConfig _config;
    private readonly HttpMessageInvoker _client;

    public EndpointForwarder(IHttpForwarder forwarder, GatewayOptions options, GatewayInstruments instruments, ILogger<EndpointForwarder> logger)
    {
        (_forwarder, _instruments, _logger) = (forwarder, instruments, logger);
        _config = new ForwarderRequestConfig
        {
            ActivityTimeout = options.SilenceTimeout,
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            // vLLM closes a connection that was idle for 5 s (VLLM_HTTP_TIMEOUT_KEEP_ALIVE): leave it before.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
            // As Kestrel decoded them.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        });
    }

    /// <param name="context">The request, its body already read.</param>
    /// <param name="picked">The destinations, and the rank that they are told.</param>
    /// <param name="requestId">The id that the endpoint is told.</param>
    /// <param name="body">The bytes to forward; null when the request has no body.</param>
    /// <param name="usage">Sees the answer pass; null when nobody wants to know.</param>
    public async Task ForwardAsync(HttpContext context, PickOutcome.Picked picked, string requestId, ReadOnlyMemory<byte>? body, UsageScanner? usage)
    {
        if (body is { } known)
        {
            context.Request.Headers.TransferEncoding = default;
            context.Request.ContentLength = known.Length;
        }

        var unreachable = new List<string>();
        foreach (var endpoint in picked.Destination.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (body is { } bytes) context.Request.Body = StreamOf(bytes);
            var transformer = new EngineTransformer(endpoint, picked.Rank, requestId, usage);
            var error = await _forwarder.SendAsync(context, $"http://{endpoint}/", _client, _config, transformer, context.RequestAborted);
            if (error == ForwarderError.None || context.RequestAborted.IsCancellationRequested) return;

            var cause = context.GetForwarderErrorFeature()?.Exception;
            var reason = Describe(cause);
            _instruments.UpstreamFailures.Add(1, new KeyValuePair<string, object?>("error", error.ToString()));
            if (!IsConnectFailure(cause))
            {
                Log.EndpointFailed(_logger, endpoint, requestId, error.ToString(), reason);
                if (!context.Response.HasStarted) await AnswerFailureAsync(context, endpoint, requestId, error, reason);
                return;
            }

            Log.EndpointUnreachable(_logger, endpoint, requestId, reason);
            unreachable.Add($"{endpoint} ({reason})");
            // YARP takes a request whose answer has a status already for one that is answered.
            context.Response.Clear();
        }

        var fault = new Fault($"No connection to the picked endpoint: {string.Join(", ", unreachable)}");
        await AnswerAsync(context, StatusCodes.Status502BadGateway, requestId, fault);
    }

    public void Dispose() => _client.Dispose();

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : throw new ArgumentException("the body is not an array", nameof(bytes));

    private static bool IsConnectFailure(Exception? cause) => cause is
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        // So SocketsHttpHandler reports its ConnectTimeout.
        or OperationCanceledException { InnerException: TimeoutException };

    private static Task AnswerFailureAsync(HttpContext context, string endpoint, string requestId, ForwarderError error, string reason) =>
        error == ForwarderError.RequestTimedOut
            ? AnswerAsync(context, StatusCodes.Status504GatewayTimeout, requestId, new Fault($"Endpoint {endpoint} did not answer in time"))
            : AnswerAsync(context, StatusCodes.Status502BadGateway, requestId, new Fault($"Endpoint {endpoint} broke off before it answered: {reason}"));

    private static Task AnswerAsync(HttpContext context, int status, string requestId, Fault fault)
    {
        context.Response.Clear();
        context.Response.Headers[EngineTransformer.RequestIdHeader] = requestId;
        return Refusals.WriteAsync(context, status, fault);
    }

    /// <summary>The innermost reason, which is the one that says something.</summary>
    private static string Describe(Exception? cause) => cause?.GetBaseException().Message ?? "no reason given";
}
