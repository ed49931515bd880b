using System.Globalization;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.EppService.Doctor;

/// <summary>The engine's hashes or blocks are not the pool's.</summary>
internal sealed class HashRule : EndpointRule
{
    protected override Finding? Check(Patient patient)
    {
        var trust = patient.Now.Trust;
        if (!patient.IsTracked) return null;
        return trust.State switch
        {
            "mapped" => Remark(patient, $"its hashes are mapped, which works and takes some memory: {trust.Cause}", Mend(patient)),
            // No verdict yet is no fault, and silence has a rule of its own.
            "unverified" when trust.Differs != SchemeParts.None => Problem(patient, $"its blocks cannot be matched: {trust.Cause}", Mend(patient)),
            _ => null,
        };
    }

    private static string Mend(Patient patient)
    {
        var (tokens, scheme, differs) = (patient.Pool.Policy.TokenProcessor, patient.Pool.Scheme, patient.Now.Trust.Differs);
        List<string> mends = [];
        if (differs.HasFlag(SchemeParts.BlockSize))
        {
            mends.Add(string.Create(CultureInfo.InvariantCulture, $"--block-size {tokens.BlockSize} on the engine, or blockSize in the policy"));
        }

        if (scheme == "own" && (differs & (SchemeParts.Seed | SchemeParts.Algorithm)) != SchemeParts.None)
        {
            mends.Add("one PYTHONHASHSEED for all engines and the same as hashSeed in the policy, if the map's memory matters");
            differs &= ~(SchemeParts.Seed | SchemeParts.Algorithm);
        }

        if (differs.HasFlag(SchemeParts.Seed))
        {
            mends.Add($"{(tokens.HashSeed is { } seed ? $"PYTHONHASHSEED={seed}" : "no PYTHONHASHSEED")} in the engine's environment, or hashSeed in the policy");
        }

        if (differs.HasFlag(SchemeParts.Algorithm))
        {
            mends.Add(scheme == "sglang" ? "hashAlgorithm in the policy: the engine is no SGLang" : $"--prefix-caching-hash-algo {scheme} on the engine, or hashAlgorithm in the policy");
        }

        if (differs.HasFlag(SchemeParts.HashSize))
        {
            mends.Add(string.Create(CultureInfo.InvariantCulture, $"--prefix-match-unit {tokens.BlockSize} on the engine (--hash-block-size before it was renamed)"));
        }

        if (differs.HasFlag(SchemeParts.ExtraKeys)) mends.Add("vLLM v0.19 or later on the engine: older releases hash adapters and images otherwise, or do not say so in their events");
        return mends.Count > 0 ? string.Join("; ", mends) : "make the engine's flags and the policy's tokenProcessorConfig agree";
    }
}
