using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Grpc;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "gRPC method {Method} failed unexpectedly")]
    public static partial void HandlerFailed(ILogger logger, string method, Exception exception);
}
