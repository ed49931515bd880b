using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Slices;

/// <summary>
/// What one pool's index in a silo needs of the others. In an Orleans cluster these are calls of grains. Payloads belong to the
/// callee once they are given; nobody changes them.
/// </summary>
public interface ISliceLinks
{
    /// <summary>The other silos that host slices, as far as is known now.</summary>
    IReadOnlyList<SliceHost> Others { get; }

    /// <summary>Sends a page of deltas to a slice, wherever it is. Does not wait, and may fail unnoticed.</summary>
    void Send(int slice, byte[] page);

    /// <summary>Has another silo look its slices up.</summary>
    Task<byte[]> WalkAsync(SliceHost host, byte[] question);

    /// <summary>Asks a slice, wherever it is, how far it is.</summary>
    Task<byte[]> CheckAsync(int slice, byte[] question);

    /// <summary>Takes an engine over at a slice.</summary>
    Task<EngineClaim> ClaimAsync(int slice, string engine, long token, ulong scheme);
}

/// <summary>Another silo and the slices of the pool that it hosts. The same object for as long as nothing changes.</summary>
/// <param name="Name">The silo, for people.</param>
/// <param name="Slices">A bit for each slice.</param>
public record SliceHost(string Name, ulong Slices);

/// <summary>A slice's answer to who takes an engine over.</summary>
/// <param name="Token">Whose it is now.</param>
/// <param name="Position">How far the slice is with it.</param>
public readonly record struct EngineClaim(long Token, EnginePosition Position);
