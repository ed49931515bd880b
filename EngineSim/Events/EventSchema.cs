using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>The form that KV events have in one release of vLLM (spec 2.3, 2.4).</summary>
internal sealed class EventSchema
{
    private static readonly Version Oldest = new(0, 10, 0);

    private EventSchema(Version version)
    {
        Version = version;
        AsMaps = version >= new Version(0, 24, 0);
        ReplayNamesTopic = version >= new Version(0, 26, 0);
        Stored = [.. Fields.Where(field => field.Since <= version && !(AsMaps && field.AlwaysNil))];
        Removed = [.. Stored.Where(field => field.InRemoved)];
    }

    public const string Newest = "v0.30.0";

    /// <summary>The release that is played.</summary>
    public Version Version { get; }

    /// <summary>Events are maps, tag first under "type"; before, arrays that start with the tag.</summary>
    public bool AsMaps { get; }

    /// <summary>Replies to a replay request carry the topic.</summary>
    public bool ReplayNamesTopic { get; }

    /// <summary>The fields of BlockStored, in order.</summary>
    public IReadOnlyList<EventField> Stored { get; }

    /// <summary>The fields of BlockRemoved, in order.</summary>
    public IReadOnlyList<EventField> Removed { get; }

    /// <summary>Every field with the release that brought it, in the order of the wire.</summary>
    private static IReadOnlyList<EventField> Fields { get; } =
    [
        new("block_hashes", Oldest, InRemoved: true),
        new("parent_block_hash", Oldest),
        new("token_ids", Oldest),
        new("block_size", Oldest),
        new("lora_id", Oldest),
        new("medium", new Version(0, 10, 2), InRemoved: true),
        new("lora_name", new Version(0, 14, 0)),
        new("extra_keys", new Version(0, 17, 0)),
        new("group_idx", new Version(0, 20, 0), InRemoved: true),
        new("kv_cache_spec_kind", new Version(0, 22, 0)),
        new("kv_cache_spec_sliding_window", new Version(0, 22, 0), AlwaysNil: true),
    ];

    /// <summary>The schema of a release, from v0.10.0 on; later ones than are known have the newest known form.</summary>
    public static Expected<EventSchema> Parse(string release)
    {
        if (!Version.TryParse(release.TrimStart('v'), out var version) || version < Oldest)
            return new Fault($"schema \"{release}\" is not a vLLM release from v0.10.0 on", "write it as v0.26.0");
        return new EventSchema(new Version(version.Major, version.Minor, Math.Max(version.Build, 0)));
    }
}

/// <param name="Name">As on the wire.</param>
/// <param name="Since">First release that has it.</param>
/// <param name="InRemoved">BlockRemoved has it too.</param>
/// <param name="AlwaysNil">This engine (full attention) has no value for it: nil in arrays, left out of maps.</param>
internal sealed record EventField(string Name, Version Since, bool InRemoved = false, bool AlwaysNil = false);
