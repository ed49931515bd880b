using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;

namespace OrleansKvRouter.KvEvents;

/// <summary>What the event streams say to the operator.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "KV events are received on {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Error, Message = "KV events of further data-parallel ranks cannot be received: {Fault}")]
    public static partial void NotListening(ILogger logger, Fault fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "KV events of endpoint {Endpoint} cannot be subscribed to: {Fault}")]
    public static partial void NotSubscribed(ILogger logger, string endpoint, Fault fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Endpoint {Endpoint} of pool {Pool} publishes KV events as {Origin}, rank {Rank}, from sequence {Sequence}")]
    public static partial void Joined(ILogger logger, string endpoint, string pool, StreamOrigin origin, int rank, long sequence);

    [LoggerMessage(Level = LogLevel.Information, Message = "Endpoint {Endpoint} was restarted: its sequence numbers went back to {Sequence}; its blocks are forgotten")]
    public static partial void Restarted(ILogger logger, string endpoint, long sequence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Endpoint {Endpoint} now publishes under another topic; its {Blocks} blocks from before are forgotten. One engine is expected at an address")]
    public static partial void TakenOver(ILogger logger, string endpoint, long blocks);

    [LoggerMessage(Level = LogLevel.Information, Message = "Batches of endpoint {Endpoint} from sequence {Sequence} on are fetched from {Address}")]
    public static partial void Recovering(ILogger logger, string endpoint, long sequence, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Endpoint {Endpoint} has replayed {Batches} batches, up to sequence {Sequence}")]
    public static partial void Recovered(ILogger logger, string endpoint, long batches, long sequence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Endpoint {Endpoint} could not replay from sequence {Sequence} on: {Fault}; {HeldBack} more failures since the last message")]
    public static partial void ReplayFailed(ILogger logger, string endpoint, long sequence, Fault fault, long heldBack);

    [LoggerMessage(Level = LogLevel.Information, Message = "The blocks of endpoint {Endpoint} are {Trust}: {Cause}")]
    public static partial void TrustChanged(ILogger logger, string endpoint, TrustState trust, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Lost} batches of endpoint {Endpoint} were lost before sequence {Sequence}; {HeldBack} more such gaps since the last message")]
    public static partial void Gap(ILogger logger, string endpoint, long lost, long sequence, long heldBack);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Endpoint {Endpoint} announces blocks of {EngineBlockSize} tokens, pool {Pool} has {PoolBlockSize}: they are not used; set blockSize in the policy to the engines' --block-size")]
    public static partial void BlockSizeDiffers(ILogger logger, string endpoint, string pool, long engineBlockSize, int poolBlockSize);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Blocks} blocks of {BlockSize} tokens that endpoint {Endpoint} announces in its tier {Tier} are not used: {Reason}; {HeldBack} more events since the last message")]
    public static partial void ConnectorRefused(ILogger logger, string endpoint, int blocks, long blockSize, Tier tier, string reason, long heldBack);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A KV-event payload from {Origin} at sequence {Sequence} is malformed: {Error}; {HeldBack} more since the last message")]
    public static partial void MalformedPayload(ILogger logger, StreamOrigin origin, long sequence, DecodeError error, long heldBack);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A KV-event message from {Topic} is malformed: {Reason}; {HeldBack} more since the last message")]
    public static partial void MalformedMessage(ILogger logger, string topic, string reason, long heldBack);

    [LoggerMessage(Level = LogLevel.Warning, Message = "KV events arrive from {Origin}, rank {Rank}, and no pool that tracks prefix caches has such a pod; they are kept for {Grace} and then dropped")]
    public static partial void UnknownPod(ILogger logger, StreamOrigin origin, int rank, TimeSpan grace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "KV events from {Origin} are dropped: {Reason}; {HeldBack} more since the last message")]
    public static partial void Dropped(ILogger logger, StreamOrigin origin, string reason, long heldBack);

    [LoggerMessage(Level = LogLevel.Error, Message = "Applying KV events from {Origin} at sequence {Sequence} failed")]
    public static partial void ApplyFailed(ILogger logger, Exception exception, StreamOrigin origin, long sequence);

    [LoggerMessage(LogLevel.Warning, "Pool {Pool}: {Fault}")]
    public static partial void SnapshotSetAside(ILogger logger, string pool, Fault fault);

    [LoggerMessage(LogLevel.Information, "Pool {Pool}: what the snapshot says of {Endpoint} at {Address} is dropped: there is no such endpoint now, or another pod in its place")]
    public static partial void SnapshotEngineGone(ILogger logger, string pool, string endpoint, string address);

    [LoggerMessage(LogLevel.Information, "What the snapshot says of {Endpoint} in pool {Pool} is dropped: without a replayPort it cannot be asked what has changed since")]
    public static partial void SnapshotEngineCannotReplay(ILogger logger, string endpoint, string pool);

    [LoggerMessage(LogLevel.Warning, "What the snapshot says of {Endpoint} in pool {Pool} is dropped: its map of hashes is not one that this version writes")]
    public static partial void SnapshotMapUnusable(ILogger logger, string endpoint, string pool);
}
