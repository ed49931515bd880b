using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Discovery;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Resources changed: {Pools} pools, {Endpoints} endpoints")]
    public static partial void ResourcesChanged(this ILogger logger, int pools, int endpoints);

    [LoggerMessage(Level = LogLevel.Error, Message = "Resources rejected, the last good version stays in effect: {Issue}")]
    public static partial void ResourceError(this ILogger logger, ResourceIssue issue);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Resources: {Issue}")]
    public static partial void ResourceWarning(this ILogger logger, ResourceIssue issue);

    [LoggerMessage(Level = LogLevel.Error, Message = "A change of the resources could not be put into effect")]
    public static partial void ResourceHandlerFailed(this ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot be told of edits in {Folder}, so its files are only compared every {Interval}")]
    public static partial void NotNotified(this ILogger logger, string folder, TimeSpan interval, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metrics of {Endpoint} unknown after {Failures} failed scrapes of {Url}: {Cause}")]
    public static partial void MetricsUnknown(this ILogger logger, string endpoint, int failures, Uri url, string cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "Metrics of {Endpoint} known again")]
    public static partial void MetricsKnownAgain(this ILogger logger, string endpoint);
}
