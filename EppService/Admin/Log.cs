using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Admin;

internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Instrument {Instrument} of meter {Meter} is not exported: {Metric} is a metric of another kind")]
    public static partial void MetricKindConflict(ILogger logger, string meter, string instrument, string metric);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Some metrics could not be observed")]
    public static partial void ObservationFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "Admin request {Method} {Path} failed")]
    public static partial void AdminRequestFailed(ILogger logger, string method, string path, Exception exception);
}
