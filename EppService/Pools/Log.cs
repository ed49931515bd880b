using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>What the pools log.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Model {Model} loaded: {Ids} token ids, {Milliseconds:0} ms")]
    public static partial void ModelLoaded(this ILogger log, string model, int ids, double milliseconds);

    [LoggerMessage(LogLevel.Warning, "Model {Model} has no chat template, so chats for it are routed by load alone: {Fault}")]
    public static partial void ModelHasNoTemplate(this ILogger log, string model, Fault fault);

    [LoggerMessage(LogLevel.Error, "Model {Model} cannot be loaded, so its requests are routed by load alone: {Fault}")]
    public static partial void ModelNotLoaded(this ILogger log, string model, Fault fault);

    [LoggerMessage(LogLevel.Information, "Pool {Pool} tracks its engines' caches: model {Model}, {BlockSize} tokens a block, {Scheme} ({Source})")]
    public static partial void PoolTracks(this ILogger log, string pool, string model, int blockSize, string scheme, SchemeSource source);

    [LoggerMessage(LogLevel.Warning, "Pool {Pool} is routed by load: {Fault}")]
    public static partial void PoolRoutesByLoad(this ILogger log, string pool, Fault fault);

    [LoggerMessage(LogLevel.Debug, "The models of an engine are unknown: {Fault}")]
    public static partial void ModelsNotListed(this ILogger log, Fault fault);
}
