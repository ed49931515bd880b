using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvIndex.Keys.Encodings;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// The key functions by name: vLLM's <c>--prefix-caching-hash-algo</c>, <c>sglang</c> for SGLang's one scheme, and
/// <c>own</c> for the router's.
/// </summary>
public static class KeyFunctions
{
    private const string Sha256Cbor = "sha256_cbor", Sha256 = "sha256", XxhashCbor = "xxhash_cbor", Xxhash = "xxhash";
    private const string Sha256Cbor64 = "sha256_cbor_64bit", Sglang = "sglang", Builtin = "builtin";

    // What vLLM hashes where PYTHONHASHSEED is unset (v0.28/v0.29 on; before, the root is 32 random bytes).
    private const string UnsetSeed = "vllm-none-hash";

    /// <summary>The names that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [Sha256Cbor, Sha256, XxhashCbor, Xxhash, Sha256Cbor64, Sglang, OwnKeys.SchemeName];

    /// <summary>Those of <see cref="Names"/> that an engine may use.</summary>
    internal static IReadOnlyList<string> EngineNames { get; } = [.. Names.Where(name => name != OwnKeys.SchemeName)];

    /// <summary>False for the schemes whose chains start from the same for everybody.</summary>
    internal static bool HasSeed(string name) => name is not (Sglang or OwnKeys.SchemeName);

    /// <param name="algorithm">One of <see cref="Names"/>.</param>
    /// <param name="seed">
    /// The engines' PYTHONHASHSEED as text, which may be empty; null when it is unset. <c>sglang</c> and <c>own</c> have none.
    /// </param>
    /// <returns>
    /// The key function, or a fault: an unknown name, an algorithm that is not supported, or one whose hashes nobody
    /// outside the engine can compute while the seed is unset.
    /// </returns>
    public static Expected<IKeyFunction> Create(string algorithm, string? seed) => algorithm switch
    {
        Sha256Cbor => Chain<CborBlock, Sha256Full>(algorithm, seed ?? UnsetSeed),
        Sha256 => Chain<PickleBlock, Sha256Full>(algorithm, seed ?? UnsetSeed),
        XxhashCbor or Xxhash or Sha256Cbor64 when seed is null => new Fault(
            $"hashAlgorithm {algorithm} without hashSeed: the engine then starts its chains from a random number",
            "hashSeed must be set to the engines' PYTHONHASHSEED, or hashAlgorithm left to auto"),
        XxhashCbor => Chain<CborBlock, Xxh3>(algorithm, seed),
        Xxhash => Chain<PickleBlock, Xxh3>(algorithm, seed),
        Sha256Cbor64 => Chain<ShortCborBlock, Sha256Short>(algorithm, seed),
        Sglang => FromRoot(algorithm, []),
        OwnKeys.SchemeName => Expected.Of<IKeyFunction>(OwnKeys.Instance),
        Builtin => new Unsupported(
            $"hashAlgorithm {Builtin} cannot be computed outside the engine: it is Python's hash() of the moment",
            $"leave hashAlgorithm to auto, or start the engines with --prefix-caching-hash-algo {Sha256Cbor}"),
        _ => Unknown(algorithm),
    };

    /// <summary>
    /// The key function of an engine whose chains start from bytes instead of a seed, as vLLM's do where
    /// PYTHONHASHSEED is unset (32 random bytes up to v0.27).
    /// </summary>
    /// <param name="algorithm">One of <see cref="Names"/>.</param>
    /// <param name="root">At most 32 bytes; none for <c>sglang</c>.</param>
    public static Expected<IKeyFunction> FromRoot(string algorithm, ReadOnlySpan<byte> root) => algorithm switch
    {
        Sha256Cbor => Expected.Of<IKeyFunction>(new ChainKeys<CborBlock, Sha256Full>(algorithm, root)),
        Sha256 => Expected.Of<IKeyFunction>(new ChainKeys<PickleBlock, Sha256Full>(algorithm, root)),
        XxhashCbor => Expected.Of<IKeyFunction>(new ChainKeys<CborBlock, Xxh3>(algorithm, root)),
        Xxhash => Expected.Of<IKeyFunction>(new ChainKeys<PickleBlock, Xxh3>(algorithm, root)),
        Sha256Cbor64 => Expected.Of<IKeyFunction>(new ChainKeys<ShortCborBlock, Sha256Short>(algorithm, root)),
        Sglang => Expected.Of<IKeyFunction>(new ChainKeys<SglangBlock, Sha256Leading>(algorithm, root)),
        _ => Unknown(algorithm),
    };

    private static Expected<IKeyFunction> Chain<TEncoding, TDigest>(string algorithm, string seed)
        where TEncoding : struct, IBlockEncoding
        where TDigest : struct, IBlockDigest => Expected.Of<IKeyFunction>(ChainKeys<TEncoding, TDigest>.FromSeed(algorithm, seed));

    private static Fault Unknown(string algorithm) =>
        new($"hashAlgorithm {algorithm} is unknown", $"known are auto, {string.Join(", ", Names)}");
}
