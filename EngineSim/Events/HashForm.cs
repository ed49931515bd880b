using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>How events name blocks.</summary>
internal enum HashForm
{
    /// <summary>64-bit integers: vLLM's default (<c>VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=1</c>).</summary>
    Integers,

    /// <summary>The same integers with a sign, as SGLang has them.</summary>
    SignedIntegers,

    /// <summary>Whole digests (<c>VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=0</c>, from v0.10.2 on).</summary>
    Bytes,
}

/// <summary><see cref="EventOptions.Hashes"/> → what the release and the algorithm make of it.</summary>
internal static class HashForms
{
    public static Expected<HashForm> Parse(string hashes, EventSchema schema, string algorithm) => hashes switch
    {
        "integers" => algorithm == "sglang" ? HashForm.SignedIntegers : HashForm.Integers,
        "bytes" when algorithm == "sglang" => new Fault("--event-hashes bytes with sglang: SGLang names blocks by integers", "use --event-hashes integers"),
        "bytes" when schema.Version < new Version(0, 10, 2) => new Fault($"--event-hashes bytes: vLLM v{schema.Version} names blocks by integers", "use --schema v0.10.2 or later"),
        "bytes" => HashForm.Bytes,
        _ => new Fault($"--event-hashes is \"{hashes}\"", "it must be integers or bytes"),
    };
}
