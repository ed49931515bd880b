using System.Text.Json.Serialization;

namespace OrleansKvRouter.KvIndex.Snapshots.Records;

/// <summary>
/// One generation of a pool's snapshot: who its holders are, how far each engine was heard, and where the records
/// stand. Everything is by name, so that nothing depends on how the index is built inside. Format: docs/snapshots.md.
/// </summary>
public sealed record SnapshotManifest
{
    public required long Generation { get; init; }

    /// <summary>When the cut was taken.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The pool's <c>namespace/name</c>.</summary>
    public required string Pool { get; init; }

    public required KeysRecord Keys { get; init; }

    public required IReadOnlyList<EngineRecord> Engines { get; init; }

    /// <summary>The engines as a slice of a spread index knows them; null in a snapshot of a whole one. Then holders refer to these.</summary>
    public IReadOnlyList<SliceEngineRecord>? SliceEngines { get; init; }

    /// <summary>The holders by the numbers that the block records give them; null for a number that is nobody's.</summary>
    public required IReadOnlyList<HolderRecord?> Holders { get; init; }

    /// <summary>The block records.</summary>
    public required IReadOnlyList<RecordPlace> Blocks { get; init; }

    /// <summary>Distinct blocks in them.</summary>
    public required long BlockCount { get; init; }

    /// <summary>Every record that the generation consists of.</summary>
    [JsonIgnore]
    public IEnumerable<RecordPlace> Places => Blocks.Concat(Engines.SelectMany(engine => engine.Maps ?? []).SelectMany(map => map.Sizes).SelectMany(part => part.Places));
}

/// <summary>What the pool's keys are.</summary>
/// <param name="BlockSize">Tokens a block.</param>
/// <param name="Algorithm">The algorithm as the policy names it; <c>auto</c> where engines show it.</param>
/// <param name="Seed">The policy's seed; null where it names none.</param>
/// <param name="Function">The key function in use.</param>
/// <param name="Root">Where its chains start, in hexadecimal.</param>
/// <param name="Source">Where the function comes from.</param>
public sealed record KeysRecord(int BlockSize, string Algorithm, string? Seed, string Function, string Root, string Source);

/// <summary>One holder: a tier of an engine.</summary>
/// <param name="Engine">The engine's place in <see cref="SnapshotManifest.Engines"/>.</param>
/// <param name="Tier"><c>Gpu</c>, <c>Cpu</c> or <c>Disk</c>.</param>
public sealed record HolderRecord(int Engine, string Tier);

/// <summary>One engine: an endpoint with what tells it from another in its place, and how far its events were applied.</summary>
public sealed record EngineRecord
{
    /// <summary>The pod's <c>namespace/name</c>.</summary>
    public required string Endpoint { get; init; }

    public required string Uid { get; init; }

    /// <summary><c>ip:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>Pool blocks in a block of the engine.</summary>
    public required int KeysPerBlock { get; init; }

    /// <summary>The data-parallel rank whose stream it is.</summary>
    public required int Rank { get; init; }

    /// <summary>The number of the last applied batch.</summary>
    public required long Sequence { get; init; }

    /// <summary>The time in that batch, Unix seconds: it tells the process from another that has got as far.</summary>
    public required double Timestamp { get; init; }

    /// <summary><c>Exact</c>, <c>Mapped</c> or <c>Unverified</c>.</summary>
    public required string Trust { get; init; }

    public required string Cause { get; init; }

    /// <summary>In what its hashes or blocks differ from the pool's, for programs; null for nothing.</summary>
    public string? Differs { get; init; }

    /// <summary>Why what is known of it is not enough to rely on; null where it is.</summary>
    public string? Stale { get; init; }

    /// <summary>The KV-cache group that stands for all; null where it is not known.</summary>
    public uint? Group { get; init; }

    /// <summary>The engine's and its connectors' hashes and the keys that they stand for; null where hashes are keys.</summary>
    public IReadOnlyList<MapRecord>? Maps { get; init; }

    /// <summary>By tier, how its blocks are named: <c>Unknown</c>, <c>Engine</c> or <c>Foreign</c>; null where that is never asked.</summary>
    public IReadOnlyList<string>? Namings { get; init; }
}

/// <summary>An engine in a slice of a spread index, and how far the slice is with it.</summary>
/// <param name="Name">The engine's name among the silos; empty where its owner has not said it yet.</param>
/// <param name="Id">The same in 64 bits, hexadecimal.</param>
/// <param name="Token">Its last owner's token.</param>
/// <param name="Scheme">What its keys are made with, hexadecimal.</param>
/// <param name="Epoch">The epoch of its stream.</param>
/// <param name="Sequence">The last batch that counts; −1 at the beginning of an epoch.</param>
/// <param name="Timestamp">The time in that batch, Unix seconds.</param>
/// <param name="Memo">What its owner wants its successor to know, hexadecimal.</param>
public sealed record SliceEngineRecord(string Name, string Id, long Token, string Scheme, long Epoch, long Sequence, double Timestamp, string Memo);

/// <summary>A map of an engine's hashes to keys.</summary>
/// <param name="Role"><c>Engine</c>, <c>Larger</c> or <c>Foreign</c>: whose hashes.</param>
/// <param name="Sizes">A part for each size of block; none where the map is empty.</param>
public sealed record MapRecord(string Role, IReadOnlyList<MapPart> Sizes);

/// <summary>The part of a map that has blocks of one size.</summary>
/// <param name="KeysPerBlock">Pool blocks in a block.</param>
/// <param name="StateBytes">Bytes of chain state for each.</param>
/// <param name="Places">The part's records.</param>
public sealed record MapPart(int KeysPerBlock, int StateBytes, IReadOnlyList<RecordPlace> Places);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SnapshotManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
