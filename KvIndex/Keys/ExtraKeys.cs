namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// The third element of a hashed block: null, or the array of what applies to the block in vLLM's order, LoRA name
/// (v0.11.1 on: the name; before it was a number that depends on the order of loading) and cache salt. The salt
/// belongs to the first block only; an empty salt is none.
/// </summary>
internal static class ExtraKeys
{
    public static int MaxBytes(in KeyExtras extra) =>
        1 + (extra.LoraName is null ? 0 : CanonicalCbor.MaxText(extra.LoraName)) + (extra.CacheSalt is null ? 0 : CanonicalCbor.MaxText(extra.CacheSalt));

    public static int Write(Span<byte> to, string? loraName, string? cacheSalt)
    {
        var hasSalt = !string.IsNullOrEmpty(cacheSalt);
        var count = (loraName is null ? 0 : 1) + (hasSalt ? 1 : 0);
        if (count == 0)
        {
            to[0] = CanonicalCbor.Null;
            return 1;
        }

        var at = CanonicalCbor.WriteArrayHead(to, count);
        if (loraName is not null) at += CanonicalCbor.WriteText(to[at..], loraName);
        if (hasSalt) at += CanonicalCbor.WriteText(to[at..], cacheSalt!);
        return at;
    }
}
