using Orleans.Concurrency;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>
/// A slice of a pool's key space: which engines hold each of its block hashes. Its key is the slice's name (<see cref="OrleansKvRouter.Slices.PoolKey.NameOf"/>).
/// Payloads are made of 64-bit words (see the wire formats of the slices' library) and belong to the callee.
/// </summary>
[Alias("block-hash")]
public interface IBlockHashGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes a page of deltas. Nobody waits for it and nobody hears of a failure: the sender asks from time to time how far the slice is, and
    /// sends again what it lacks.
    /// </summary>
    [OneWay]
    [Alias("apply")]
    Task ApplyAsync([Immutable] byte[] deltas);

    /// <summary>
    /// Looks a chain up in all slices of the pool on this grain's silo that the question names, and not in this one alone: so one call
    /// answers for a whole silo.
    /// </summary>
    [AlwaysInterleave]
    [Alias("walk")]
    Task<Immutable<byte[]>> WalkAsync([Immutable] byte[] question);

    /// <summary>Says how far the slice is with each engine that the question names, and what it holds.</summary>
    [AlwaysInterleave]
    [Alias("check")]
    Task<Immutable<byte[]>> CheckAsync([Immutable] byte[] question);

    /// <summary>An owner takes an engine over.</summary>
    [AlwaysInterleave]
    [Alias("claim")]
    Task<ClaimAnswer> ClaimAsync(string engine, long token, ulong scheme);

    /// <summary>Does nothing but be there: the slice is loaded when it returns.</summary>
    [AlwaysInterleave]
    [Alias("ensure")]
    Task EnsureAsync();
}

/// <summary>A slice's answer to who takes an engine over: whose it is, and how far the slice is with it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("claim-answer")]
public readonly record struct ClaimAnswer([property: Id(0)] long Token, [property: Id(1)] long Epoch, [property: Id(2)] long Sequence, [property: Id(3)] double Timestamp, [property: Id(4)] ulong Memo);
