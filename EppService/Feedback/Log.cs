using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Feedback;

/// <summary>What the comparison of predictions and reports logs.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Warning, "Endpoint {Endpoint} of pool {Pool} is stale: {Cause}")]
    public static partial void PredictionsContradicted(this ILogger log, string endpoint, string pool, string cause);

    [LoggerMessage(LogLevel.Information, "Predictions for endpoint {Endpoint} of pool {Pool} hold again")]
    public static partial void PredictionsHold(this ILogger log, string endpoint, string pool);
}
