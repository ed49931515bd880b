using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Node;

/// <summary>What the node logs of itself.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Ready: ext_proc {ExtProc}, health {Health}, admin {Admin}, gateway {Gateway}, events {Events}")]
    public static partial void NodeReady(this ILogger log, string extProc, string health, string admin, string gateway, string events);
}
