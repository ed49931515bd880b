using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Tests.KvEvents.Matrix;

/// <summary>One engine of the matrix: what it puts on the wire, how it hashes, how it is reached, and what its pool's policy says.</summary>
/// <param name="Schema">The first release of its wire era.</param>
/// <param name="Form">Hashes as <c>int</c>, <c>signed</c> ints or <c>bytes</c>.</param>
/// <param name="Scheme">Its hashes.</param>
/// <param name="Connects">True where the router connects to the engine.</param>
internal sealed record Combination(string Schema, string Form, KeyScheme Scheme, bool Connects)
{
    private static readonly string[] Eras = ["v0.10.0", "v0.10.2", "v0.14.0", "v0.17.0", "v0.20.0", "v0.22.0", "v0.24.0", "v0.26.0", "v0.29.0"];

    /// <summary>Every era with both forms of hashes, the schemes that its releases have, and both directions.</summary>
    public static IReadOnlyList<Combination> All { get; } =
    [
        .. from era in Eras
           from scheme in SchemesOf(era)
           from form in FormsOf(era, scheme)
           from connects in new[] { false, true }
           select new Combination(era, form, scheme, connects),
        .. from era in new[] { "sglang-6", "sglang-7" }
           from connects in new[] { false, true }
           select new Combination(era, "signed", new KeyScheme("sglang", null), connects),
    ];

    /// <summary>Adapters' names are in events from v0.14 on.</summary>
    public bool HasAdapters => Before("v0.14.0") is false;

    /// <summary>A salt is in the hash always, in events from v0.17 on; SGLang's is its own matter.</summary>
    public bool HasSalts => Scheme.IsComputable ? Scheme.Algo != "sglang" : Before("v0.17.0") is false;

    /// <summary>Whether media are named, so that there are other tiers than the GPU.</summary>
    public bool HasTiers => Schema == "sglang-7" || Before("v0.10.2") is false;

    public override string ToString() => $"{Schema}, {Form}, {Scheme}, {(Connects ? "connect" : "bind")}";

    public EngineDescription Describe(int number, string? router, int[] chains) => new()
    {
        Schema = Schema,
        Form = Form,
        Algo = Scheme.Algo,
        Seed = Scheme.Seed,
        None = Scheme.IsRandom ? "random" : null,
        BlockSize = Scheme.BlockSize,
        Fine = Scheme.Fine,
        Connect = router,
        Topic = !Connects ? Endpoints.TopicOf(number) : number % 4 == 0 ? "" : "any-topic",
        Chains = chains,
    };

    private bool? Before(string release) =>
        Schema.StartsWith("sglang", StringComparison.Ordinal) ? null : string.CompareOrdinal(Schema, release) < 0;

    /// <summary>
    /// Up to v0.10.1 hashes were numbers; its "sha256" could not be put on the wire at all, and "builtin" is Python's own. Seeds:
    /// one that the policy names, and none, which meant random bytes up to v0.27 and a constant after that.
    /// </summary>
    private static List<KeyScheme> SchemesOf(string era)
    {
        if (era == "v0.10.0") return [new("sha256_cbor_64bit", "42"), new("sha256_cbor_64bit", null, IsRandom: true), new("builtin", null, IsRandom: true)];
        string[] algorithms = era == "v0.10.2" ? ["sha256", "sha256_cbor"] : ["sha256", "sha256_cbor", "xxhash", "xxhash_cbor"];
        List<KeyScheme> schemes = [.. algorithms.Select(algorithm => new KeyScheme(algorithm, "42")), new("sha256", null, IsRandom: era != "v0.29.0")];
        if (era == "v0.29.0") schemes.AddRange(new("sha256_cbor", null), new("xxhash", null, IsRandom: true));
        // Another seed than the policy's; blocks four times the pool's, named by what they are hashed by.
        schemes.AddRange(new("sha256_cbor", "7"), new("sha256_cbor", "42", BlockSize: 64, Fine: 16));
        return schemes;
    }

    private static string[] FormsOf(string era, KeyScheme scheme) =>
        scheme.Algo == "builtin" ? ["signed"] : era == "v0.20.0" && scheme.Algo == "sha256_cbor" ? ["int", "bytes", "signed"] : ["int", "bytes"];
}

/// <summary>How an engine hashes.</summary>
/// <param name="Algo">vLLM's <c>--prefix-caching-hash-algo</c>, or <c>sglang</c>.</param>
/// <param name="Seed">PYTHONHASHSEED; null when unset.</param>
/// <param name="IsRandom">Chains start from random bytes.</param>
/// <param name="BlockSize">Tokens a block; the pool's blocks have 16.</param>
/// <param name="Fine">Tokens hashed at a time where that is less.</param>
internal sealed record KeyScheme(string Algo, string? Seed, bool IsRandom = false, int BlockSize = 16, int? Fine = null)
{
    public const string PoolSeed = "42";

    /// <summary>Whether the pool's key function is the engine's own.</summary>
    public bool IsComputable => !IsRandom && Seed is null or PoolSeed && BlockSize == 16;

    /// <summary>
    /// The engine's pool, by its policy. Where the seed is unset, or random, nothing is named and the pool finds out; an engine
    /// with another seed, or with larger blocks, is the odd one of a pool that names its scheme.
    /// </summary>
    public (string Algorithm, string? Seed) Policy =>
        Algo == "sglang" || Seed is null ? ("auto", null) : IsComputable ? ("auto", PoolSeed) : ("sha256_cbor", PoolSeed);

    public override string ToString() =>
        $"{Algo} {(IsRandom ? "random root" : Seed is null ? "no seed" : $"seed {Seed}")}{(BlockSize == 16 ? "" : $", blocks of {BlockSize}")}";
}
