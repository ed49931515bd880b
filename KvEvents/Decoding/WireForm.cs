using System.Globalization;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>How an event names blocks.</summary>
public enum HashForm
{
    /// <summary>It names none.</summary>
    None,

    /// <summary>64-bit integers of which none is negative.</summary>
    Integers,

    /// <summary>64-bit integers, negative ones among them: SGLang's, and vLLM's <c>builtin</c> up to v0.10.1.</summary>
    SignedIntegers,

    /// <summary>Whole digests (vLLM with VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=0, and its connectors up to v0.23).</summary>
    Bytes,
}

/// <summary>The form in which an engine announces blocks. Releases append fields, so it tells which release the engine may be of.</summary>
/// <param name="Elements">Elements of an event's array, the tag included; 0 for a map.</param>
public readonly record struct WireForm(int Elements)
{
    private const int SglangBit = 1 << 4;
    private const int KnownBit = 1 << 5;
    private const int MostElements = 1 << 16;

    /// <summary>False for <c>default</c>: nothing was seen.</summary>
    public bool IsKnown { get; private init; }

    public HashForm Hashes { get; init; }

    /// <summary>The event ends with a map of further fields, as SGLang's do.</summary>
    public bool IsSglang { get; init; }

    internal static WireForm OfMap { get; } = new(0) { IsKnown = true };

    internal static WireForm OfArray(int elements) => new(Math.Min(elements, MostElements)) { IsKnown = true };

    /// <summary>The releases that announce blocks so.</summary>
    public string Era => !IsKnown ? ""
        : IsSglang || (Hashes == HashForm.SignedIntegers && Elements > 6) ? "SGLang"
        : Elements switch
        {
            0 => "vLLM v0.24 on",
            6 => "vLLM v0.10.0 to v0.10.1, or SGLang",
            7 => "vLLM v0.10.2 to v0.13, or SGLang",
            8 => "vLLM v0.14 to v0.16",
            9 => "vLLM v0.17 to v0.19",
            10 => "vLLM v0.20 to v0.21",
            12 => "vLLM v0.22 to v0.23",
            var elements => string.Create(CultureInfo.InvariantCulture, $"arrays of {elements}"),
        };

    /// <summary>
    /// How such a release forms extra keys; null where the form does not tell: v0.17 and v0.18 write what v0.19 does, but for images. Of
    /// the releases with seven fields the first ones still hash adapters by number, which nobody outside can know anyway.
    /// </summary>
    public ExtraKeyEra? ExtraKeys => !IsKnown || IsSglang ? null : Elements switch
    {
        0 or >= 10 => ExtraKeyEra.Paired,
        7 or 8 => ExtraKeyEra.Bare,
        6 => ExtraKeyEra.Numbered,
        _ => null,
    };

    internal int Pack() => (Elements << 8) | (IsKnown ? KnownBit : 0) | (IsSglang ? SglangBit : 0) | (int)Hashes;

    internal static WireForm Unpack(int packed) => new(packed >> 8)
    {
        IsKnown = (packed & KnownBit) != 0,
        IsSglang = (packed & SglangBit) != 0,
        Hashes = (HashForm)(packed & 0xF),
    };
}
