using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EppService.Snapshots;

/// <summary>What is logged of snapshots.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Pool {Pool} goes on from snapshot {Generation} of {TakenAt:u}: {Resumed} engines, {Dropped} dropped, {Milliseconds:0} ms")]
    public static partial void SnapshotLoaded(this ILogger log, string pool, long generation, DateTimeOffset takenAt, int resumed, int dropped, double milliseconds);

    [LoggerMessage(LogLevel.Debug, "Pool {Pool}: snapshot {Generation} of {Blocks} blocks, {Bytes} bytes written, {Milliseconds:0} ms")]
    public static partial void SnapshotWritten(this ILogger log, string pool, long generation, long blocks, long bytes, double milliseconds);

    [LoggerMessage(LogLevel.Error, "Pool {Pool}: the last good snapshot stays, and it is tried again: {Fault}")]
    public static partial void SnapshotFailed(this ILogger log, string pool, Fault fault);

    [LoggerMessage(LogLevel.Error, "Pool {Pool} starts from nothing: {Fault}")]
    public static partial void SnapshotNotLoaded(this ILogger log, string pool, Fault fault);

    [LoggerMessage(LogLevel.Error, "No snapshots are written: {Fault}")]
    public static partial void SnapshotsHeldUp(this ILogger log, Fault fault);

    [LoggerMessage(LogLevel.Error, "Pool {Pool}: writing a snapshot failed for a reason inside the router")]
    public static partial void SnapshotBroke(this ILogger log, Exception exception, string pool);
}
