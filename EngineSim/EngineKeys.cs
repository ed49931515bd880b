using System.Security.Cryptography;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EngineSim;

/// <summary>The engine's hash function, with what its release starts chains from where PYTHONHASHSEED is unset (spec 1.3).</summary>
internal static class EngineKeys
{
    private const int RootBytes = 32;

    /// <summary>The first release whose SHA-256 chains start from a constant where no seed is set.</summary>
    private static readonly Version Deterministic = new(0, 28, 0);

    public static Expected<IKeyFunction> Create(string algorithm, string? seed, EventSchema schema)
    {
        if (seed is not null || algorithm is not ("sha256" or "sha256_cbor" or "xxhash" or "xxhash_cbor" or "sha256_cbor_64bit"))
            return KeyFunctions.Create(algorithm, seed);
        var random = RandomNumberGenerator.GetBytes(RootBytes);
        if (schema.Version < Deterministic) return KeyFunctions.FromRoot(algorithm, random);
        return KeyFunctions.Create(algorithm, algorithm.StartsWith("sha256", StringComparison.Ordinal) ? null : Convert.ToHexStringLower(random));
    }
}
