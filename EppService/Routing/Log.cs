using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>What decisions log.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Request handled: x-request-id={RequestId} model={Model} targetModel={TargetModel} endpoint={Namespace}/{Endpoint} address={Address} tokens={Tokens} matched={Matched} decision={Microseconds:0}us")]
    public static partial void RequestHandled(
        this ILogger log, string requestId, string model, string targetModel, string @namespace, string endpoint, string address, int tokens, int matched, double microseconds);

    [LoggerMessage(LogLevel.Debug, "Request {RequestId} was placed by load alone: {Fault}")]
    public static partial void PrefixUnknown(this ILogger log, string requestId, Fault fault);

    [LoggerMessage(LogLevel.Warning, "Request refused: x-request-id={RequestId} model={Model} status={Status}: {Fault}")]
    public static partial void RequestRefused(this ILogger log, string requestId, string model, int status, Fault fault);
}
