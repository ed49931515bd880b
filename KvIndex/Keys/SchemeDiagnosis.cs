using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// Finds out why an engine's hashes are not the pool's keys, by trying over its first block what people get wrong:
/// the seed, the algorithm, the release's rules for extra keys, the size of what is hashed. Off the hot path: runs
/// when an engine has been found to differ.
/// </summary>
internal static class SchemeDiagnosis
{
    // Unset, and what manuals and charts of the field set PYTHONHASHSEED to.
    private static readonly string?[] CommonSeeds = [null, "0", "42", "1", "123", "1234", "12345", "1337", "2024", "2025", "", "random"];

    // Sizes at which engines hash while they announce blocks of a multiple.
    private static readonly int[] FineSizes = [16, 32, 64, 128, 8];

    /// <summary>The likely reason. <paramref name="tokens"/> hold at least one block.</summary>
    public static SchemeDifference Explain(
        Candidate used, string? seed, ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, ReadOnlySpan<EngineBlockHash> hashes)
    {
        var block = tokens[..blockSize];
        var first = hashes[0].Value;
        if (LastKey(used.Function, block, blockSize, extra) == first)
        {
            return new SchemeDifference(
                SchemeParts.ExtraKeys,
                $"the engine's hashes equal {used.Function.Name} with {Describe(used.Seed)} in the first block and not after it: "
                + "the event leaves out extra keys (multimodal, prompt embeds) or lists blocks that are not neighbours");
        }

        // Two mistakes at once are tried with the seeds that are likely only.
        var deviations = Deviations(extra, blockSize);
        foreach (var triedSeed in CommonSeeds.Prepend(seed).Distinct())
        {
            var isLikely = triedSeed is null || triedSeed == seed;
            foreach (var name in KeyFunctions.EngineNames)
            {
                if (KeyFunctions.Create(name, triedSeed).Value is not { } function) continue;
                foreach (var deviation in isLikely ? deviations : deviations[..1])
                {
                    if (LastKey(function, block, deviation.Size, deviation.Extra) == first) return Contrast(used, new Candidate(function, triedSeed), deviation);
                }
            }
        }

        var lora = extra.LoraName is null ? "" : ", or vLLM is older than v0.11.1 and hashes the LoRA adapter's number instead of its name";
        return new SchemeDifference(
            SchemeParts.Seed | SchemeParts.Algorithm | (extra.LoraName is null ? SchemeParts.None : SchemeParts.ExtraKeys),
            $"the engine's hash equals none of {string.Join(", ", KeyFunctions.EngineNames)} with {Describe(seed)}: "
            + $"PYTHONHASHSEED (up to v0.27 random where it is unset) or --prefix-caching-hash-algo differs{lora}");
    }

    /// <summary>What else an engine may have hashed for the same block; the first deviates in nothing.</summary>
    private static List<Deviation> Deviations(in KeyExtras extra, int blockSize)
    {
        List<Deviation> all = [new(SchemeParts.None, null, extra, blockSize)];
        if (!extra.Items.IsEmpty || extra.LoraNumber is not null)
        {
            all.Add(new(SchemeParts.ExtraKeys, "extra keys as vLLM v0.19 and later form them", extra with { Era = ExtraKeyEra.Paired }, blockSize));
            all.Add(new(SchemeParts.ExtraKeys, "extra keys as vLLM v0.11.1 to v0.18 forms them", extra with { Era = ExtraKeyEra.Bare }, blockSize));
            all.Add(new(SchemeParts.ExtraKeys, "extra keys as vLLM up to v0.11.0 forms them", extra with { Era = ExtraKeyEra.Numbered }, blockSize));
        }

        if (extra != default) all.Add(new(SchemeParts.ExtraKeys, "no extra keys in its hashes", default, blockSize));
        foreach (var fine in FineSizes)
        {
            if (fine < blockSize && blockSize % fine == 0) all.Add(new(SchemeParts.HashSize, $"hashes of {fine} tokens each under blocks of {blockSize}", extra, fine));
        }

        return all;
    }

    private static SchemeDifference Contrast(Candidate used, Candidate engine, in Deviation deviation)
    {
        var (differs, parts) = (deviation.Parts, new List<string>());
        var (name, usedName) = (engine.Function.Name, used.Function.Name);
        var hasSeeds = HasSeed(engine) && HasSeed(used);
        if (name != usedName)
        {
            differs |= SchemeParts.Algorithm;
            parts.Add($"--prefix-caching-hash-algo {name}, the pool {usedName}");
        }

        if (hasSeeds && engine.Seed != used.Seed)
        {
            differs |= SchemeParts.Seed;
            parts.Add($"{Describe(engine.Seed)}, the pool {Describe(used.Seed)}");
        }

        if (!hasSeeds && HasSeed(engine)) parts.Add(Describe(engine.Seed));
        if (deviation.What is { } what) parts.Add(what);
        return new SchemeDifference(differs, $"the engine has {string.Join("; and ", parts)}");
    }

    private static bool HasSeed(Candidate candidate) => KeyFunctions.HasSeed(candidate.Function.Name);

    private static string Describe(string? seed) => seed is null ? "PYTHONHASHSEED unset" : $"PYTHONHASHSEED \"{seed}\"";

    /// <summary>The key of the last block of <paramref name="size"/> tokens; null where it cannot be known.</summary>
    private static ulong? LastKey(IKeyFunction function, ReadOnlySpan<uint> tokens, int size, in KeyExtras extra)
    {
        var keys = new BlockKey[tokens.Length / size];
        return function.ComputeKeys(tokens, size, extra, keys) == keys.Length ? keys[^1].Value : null;
    }

    /// <summary>What an engine may have hashed instead.</summary>
    /// <param name="Parts">In what it differs beside algorithm and seed.</param>
    /// <param name="What">The same for people to read; null for nothing.</param>
    /// <param name="Extra">The extra keys.</param>
    /// <param name="Size">Tokens that are hashed at a time.</param>
    private readonly record struct Deviation(SchemeParts Parts, string? What, KeyExtras Extra, int Size);
}
