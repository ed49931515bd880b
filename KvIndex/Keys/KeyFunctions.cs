using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>The key functions by the names of vLLM's <c>--prefix-caching-hash-algo</c>.</summary>
public static class KeyFunctions
{
    // What vLLM hashes where PYTHONHASHSEED is unset (v0.28/v0.29 on; before, 32 random bytes).
    private const string UnsetSeed = "vllm-none-hash";

    private static readonly string[] NotYet = ["sha256", "xxhash", "xxhash_cbor", "builtin"];

    /// <summary>The names that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [Sha256CborKeys.Full, Sha256CborKeys.Short];

    /// <param name="algorithm">One of <see cref="Names"/>.</param>
    /// <param name="seed">The engines' PYTHONHASHSEED as text, which may be empty; null when it is unset.</param>
    /// <returns>
    /// The key function, or a fault: an unknown name, an algorithm that is not supported, or one whose hashes nobody
    /// outside the engine can compute while the seed is unset.
    /// </returns>
    public static Expected<IKeyFunction> Create(string algorithm, string? seed) => algorithm switch
    {
        Sha256CborKeys.Full => Expected.Of<IKeyFunction>(Sha256CborKeys.CreateFull(seed ?? UnsetSeed)),
        Sha256CborKeys.Short when seed is null => new Fault(
            $"hashAlgorithm {Sha256CborKeys.Short} without hashSeed: the engine then starts its chains from a random number",
            "hashSeed must be set to the engines' PYTHONHASHSEED"),
        Sha256CborKeys.Short => Expected.Of<IKeyFunction>(Sha256CborKeys.CreateShort(seed)),
        _ when NotYet.Contains(algorithm) => new Unsupported(
            $"hashAlgorithm {algorithm} is not supported yet", $"start the engines with --prefix-caching-hash-algo {Sha256CborKeys.Full}"),
        _ => new Fault($"hashAlgorithm {algorithm} is unknown", $"known are auto, {string.Join(", ", Names)}"),
    };
}
