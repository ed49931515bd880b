using Orleans.Concurrency;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>
/// One engine (a data-parallel rank of an endpoint): where it is active, there and nowhere else the engine's events are applied. It is the
/// single owner of its cursor, of the search for gaps, of replays and of trust. Its key is the engine's name among the silos.
/// </summary>
[Alias("engine-feed")]
public interface IEngineFeedGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes batches over, in order; they are the next that the caller heard. A silo calls it for one engine once at a time.
    /// </summary>
    /// <returns>How many were taken; the others are to be sent again after a pause.</returns>
    [Alias("deliver")]
    Task<int> DeliverAsync([Immutable] ForwardedBatches batches);

    /// <summary>Does nothing but be there: the engine has its owner when it returns, unless a slice could not be asked.</summary>
    [AlwaysInterleave]
    [Alias("ensure")]
    Task EnsureAsync();

    /// <summary>An answer contradicts what the engine's events said.</summary>
    [Alias("distrust")]
    Task DistrustAsync(string cause);

    /// <summary>Answers agree with its events again.</summary>
    [Alias("trust")]
    Task TrustAsync();
}

/// <summary>Batches of one engine that a silo received for another.</summary>
/// <param name="Topic">The topic under which they came.</param>
/// <param name="Sequences">Their numbers.</param>
/// <param name="Payloads">Their bytes.</param>
[GenerateSerializer]
[Immutable]
[Alias("forwarded-batches")]
public sealed record ForwardedBatches([property: Id(0)] string Topic, [property: Id(1)] long[] Sequences, [property: Id(2)] byte[][] Payloads);
