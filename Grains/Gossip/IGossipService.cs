using Orleans.Concurrency;
using Orleans.Services;

namespace OrleansKvRouter.Grains.Gossip;

/// <summary>The ear of each silo.</summary>
[Alias("gossip")]
public interface IGossipService : IGrainService
{
    /// <summary>Takes what another silo tells. Nobody waits for it, and nobody hears of a failure.</summary>
    [OneWay]
    [Alias("tell")]
    Task TellAsync([Immutable] GossipMessage message);
}

/// <summary>What a silo tells at one moment.</summary>
/// <param name="From">Who tells.</param>
/// <param name="Number">Goes up by one with each that the silo tells.</param>
/// <param name="Topics">Names of what it tells of; none where it only shows that it is there.</param>
/// <param name="Told">What it tells, of each topic.</param>
[GenerateSerializer]
[Immutable]
[Alias("gossip-message")]
public sealed record GossipMessage([property: Id(0)] SiloAddress From, [property: Id(1)] long Number, [property: Id(2)] string[] Topics, [property: Id(3)] byte[][] Told);
