using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Grains;

/// <summary>What grains log.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Error, "The changes of the cluster's membership cannot be followed any more; what belongs where stays as it is")]
    public static partial void MembershipLost(this ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Information, "Slice {Slice} is here: {Blocks} blocks from its snapshot, {Milliseconds:0} ms")]
    public static partial void SliceHosted(this ILogger log, string slice, long blocks, double milliseconds);

    [LoggerMessage(LogLevel.Warning, "Slice {Slice}: {Fault}")]
    public static partial void SliceSnapshotSetAside(this ILogger log, string slice, Fault fault);

    [LoggerMessage(LogLevel.Warning, "Slice {Slice} begins empty, and engines are asked for what they hold: its snapshots cannot be had ({Reason})")]
    public static partial void SliceStoreUnreadable(this ILogger log, string slice, string reason);

    [LoggerMessage(LogLevel.Error, "Slice {Slice}: no snapshot was written, the last good one stays: {Reason}")]
    public static partial void SliceSnapshotFailed(this ILogger log, string slice, string reason);

    [LoggerMessage(LogLevel.Information, "Slice {Slice} leaves: {Reason}")]
    public static partial void SliceLeaves(this ILogger log, string slice, string reason);

    [LoggerMessage(LogLevel.Debug, "Slice {Slice} is not active yet: {Reason}")]
    public static partial void SliceNotActive(this ILogger log, string slice, string reason);
}
