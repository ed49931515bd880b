namespace OrleansKvRouter.Grains.Gossip;

/// <summary>Something that every silo tells all others again and again. What is lost on the way is made good by the next full telling.</summary>
public interface IGossipTopic
{
    /// <summary>Its name between silos, for good. Silos that do not know it pass it over.</summary>
    string Name { get; }

    /// <summary>What is to be told now; null for nothing. One call at a time.</summary>
    /// <param name="full">Whether everything that holds is wanted, or what is new since the last call.</param>
    byte[]? Look(bool full);

    /// <summary>Takes what another silo told; of one silo in the order in which it said so, one call at a time.</summary>
    /// <returns>False where it cannot be read.</returns>
    bool Hear(SiloAddress silo, ReadOnlyMemory<byte> told);

    /// <summary>A silo is gone, or has been silent for long: what it said holds no more. Never during <see cref="Hear"/>.</summary>
    void Forget(SiloAddress silo);
}
