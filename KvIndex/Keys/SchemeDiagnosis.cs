using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// Finds out why an engine's hashes are not the pool's keys, by trying over its first block what people get wrong:
/// the seed, the algorithm, the LoRA rule. Off the hot path: runs when an engine has been found to differ.
/// </summary>
internal static class SchemeDiagnosis
{
    // Unset, and what manuals and charts of the field set PYTHONHASHSEED to.
    private static readonly string?[] CommonSeeds = [null, "0", "42", "1", "123", "1234", "12345", "1337", "2024", "2025", "", "random"];

    /// <summary>The likely reason, for people to read. <paramref name="tokens"/> hold at least one block.</summary>
    public static string Explain(
        IKeyFunction used, string? seed, ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, ReadOnlySpan<EngineBlockHash> hashes)
    {
        var block = tokens[..blockSize];
        if (FirstKey(used, block, extra) == hashes[0].Value)
        {
            return $"the engine's hashes equal {used.Name} with {Describe(seed)} in the first block and not after it: "
                + "the event leaves out extra keys (multimodal, prompt embeds) or lists blocks that are not neighbours";
        }

        foreach (var triedSeed in CommonSeeds.Prepend(seed))
        {
            foreach (var name in KeyFunctions.Names)
            {
                if (KeyFunctions.Create(name, triedSeed).Value is not { } tried) continue;
                if (FirstKey(tried, block, extra) == hashes[0].Value) return Contrast(used.Name, seed, name, triedSeed);
            }
        }

        var lora = extra.LoraName is null ? "" : ", or vLLM is older than v0.11.1 and hashes the LoRA adapter's number instead of its name";
        return $"the engine's hash equals none of {string.Join(", ", KeyFunctions.Names)} with {Describe(seed)}: "
            + $"PYTHONHASHSEED or --prefix-caching-hash-algo differs{lora}";
    }

    private static string Contrast(string usedName, string? seed, string name, string? itsSeed)
    {
        var parts = new List<string>();
        if (name != usedName) parts.Add($"--prefix-caching-hash-algo {name}, the pool {usedName}");
        if (itsSeed != seed) parts.Add($"{Describe(itsSeed)}, the pool {Describe(seed)}");
        return $"the engine has {string.Join("; and ", parts)}";
    }

    private static string Describe(string? seed) => seed is null ? "PYTHONHASHSEED unset" : $"PYTHONHASHSEED \"{seed}\"";

    private static ulong FirstKey(IKeyFunction function, ReadOnlySpan<uint> block, in KeyExtras extra)
    {
        BlockKey key = default;
        function.ComputeKeys(block, block.Length, extra, new Span<BlockKey>(ref key));
        return key.Value;
    }
}
