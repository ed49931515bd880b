namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>Where an engine keeps a block, from the fastest on. Each (endpoint, tier) is a holder of its own in the index.</summary>
public enum Tier
{
    Gpu,
    Cpu,
    Disk,
}

/// <summary>Media as engines, connectors and stores spell them (spec 2.7, 2.8), in any case.</summary>
internal static class Tiers
{
    public const int Count = 3;

    /// <summary>
    /// The tier that a medium belongs to; null for one that is not known, which is not counted at all: a prefix that
    /// nobody can vouch for attracts no request.
    /// </summary>
    /// <param name="medium">Null before v0.10.2, when there was only the GPU.</param>
    public static Tier? Of(string? medium)
    {
        if (medium is null || Is("GPU")) return Tier.Gpu;
        if (Is("CPU") || Is("CPU_PINNED") || Is("CPU_TIER1")) return Tier.Cpu;

        // SGLang's CPU_TIER2 is its disk cache.
        return Is("CPU_TIER2") || Is("DISK") || Is("FS") || Is("OBJ") || Is("STORAGE") || Is("EXTERNAL") ? Tier.Disk : null;

        bool Is(string name) => medium.Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}
