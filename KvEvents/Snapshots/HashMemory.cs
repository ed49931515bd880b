using OrleansKvRouter.KvEvents.Applying;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>What an engine's map is for. The names stand in snapshots.</summary>
internal enum MapRole
{
    /// <summary>The engine's hashes, which are not the pool's keys.</summary>
    Engine,

    /// <summary>Larger blocks of a connector of an exact engine.</summary>
    Larger,

    /// <summary>A connector's hashes of its own.</summary>
    Foreign,
}

/// <summary>
/// What is remembered of one engine's hashes, at one moment: maps, and how its tiers name their blocks. The maps are copied by
/// whoever comes first: the feed before it changes them, or the snapshot. Under the target's lock, but for
/// <see cref="Maps"/> once they are taken.
/// </summary>
internal sealed class HashMemory
{
    private readonly bool _waits;
    private IReadOnlyList<(MapRole Role, MappedBlocks Blocks)> _source = [];

    /// <summary>Of a feed.</summary>
    public HashMemory(IReadOnlyList<(MapRole Role, MappedBlocks Blocks)> source, IReadOnlyList<string> namings) =>
        (_source, Namings, Roles) = (source, namings, [.. source.Select(map => map.Role)]);

    /// <summary>Of an engine that waits for its feed.</summary>
    public HashMemory(IReadOnlyList<(MapRole Role, IReadOnlyList<MapContent> Content)> maps, IReadOnlyList<string> namings) =>
        (Maps, Namings, Roles, _waits) = (maps, namings, [.. maps.Select(map => map.Role)], true);

    /// <summary>Of an engine whose hashes are keys.</summary>
    public static HashMemory None { get; } = new(Array.Empty<(MapRole, IReadOnlyList<MapContent>)>(), []);

    /// <summary>Which maps there are.</summary>
    public IReadOnlyList<MapRole> Roles { get; }

    /// <summary>How the tiers name their blocks.</summary>
    public IReadOnlyList<string> Namings { get; }

    /// <summary>No maps at all.</summary>
    public bool IsEmpty => Roles.Count == 0;

    /// <summary>The maps once they are taken.</summary>
    public IReadOnlyList<(MapRole Role, IReadOnlyList<MapContent> Content)> Maps { get; private set; } = [];

    /// <summary>A map that was taken; null where there is none of that role.</summary>
    public IReadOnlyList<MapContent>? MapOf(MapRole role) => Maps.FirstOrDefault(map => map.Role == role).Content;

    /// <summary>Copies the maps unless that is done, or nobody wants them any more.</summary>
    public void Take()
    {
        if (_source.Count > 0) Maps = [.. _source.Select(map => (map.Role, map.Blocks.Export()))];
        _source = [];
    }

    /// <summary>The snapshot needs them no more.</summary>
    public void Release()
    {
        if (!_waits) (_source, Maps) = ([], []);
    }
}
