using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Gateway;

internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Endpoint {Endpoint} did not accept request {RequestId}: {Cause}")]
    public static partial void EndpointUnreachable(ILogger logger, string endpoint, string requestId, string cause);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Endpoint {Endpoint} failed request {RequestId} ({Error}): {Cause}")]
    public static partial void EndpointFailed(ILogger logger, string endpoint, string requestId, string error, string cause);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "Gateway request {RequestId} to {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string requestId, string path, Exception exception);
}
