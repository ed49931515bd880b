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

    [LoggerMessage(LogLevel.Information, "Engine {Engine} is followed here, from sequence {Sequence} (goes on: {GoesOn})")]
    public static partial void FeedTakenOver(this ILogger log, string engine, long sequence, bool goesOn);

    [LoggerMessage(LogLevel.Information, "Engine {Engine} is followed elsewhere: {Reason}")]
    public static partial void FeedLeaves(this ILogger log, string engine, string reason);

    [LoggerMessage(LogLevel.Debug, "Engine {Engine} has no owner yet: {Reason}")]
    public static partial void FeedNotOwned(this ILogger log, string engine, string reason);

    [LoggerMessage(LogLevel.Warning, "Batches of engine {Engine} wait, since its owner cannot be reached: {Reason}")]
    public static partial void NotForwarded(this ILogger log, string engine, string reason);

    [LoggerMessage(LogLevel.Warning, "The owner of engine {Engine} could not be told what its answers show: {Reason}")]
    public static partial void OwnerNotTold(this ILogger log, string engine, string reason);

    [LoggerMessage(LogLevel.Debug, "{Silo} was not told: {Reason}")]
    public static partial void NotTold(this ILogger log, string silo, string reason);

    [LoggerMessage(LogLevel.Debug, "Slice {Slice} is not active yet: {Reason}")]
    public static partial void SliceNotActive(this ILogger log, string slice, string reason);
}
