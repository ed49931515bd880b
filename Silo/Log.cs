using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.Silo;

/// <summary>What a silo logs beside its grains and its node.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Pool {Pool}: all silos make its keys with {Function}")]
    public static partial void SchemeAgreed(this ILogger log, string pool, string function);

    [LoggerMessage(LogLevel.Warning, "Pool {Pool}: what its keys are made with could not be agreed on: {Reason}; it is tried again")]
    public static partial void SchemeNotAgreed(this ILogger log, string pool, string reason);
}
