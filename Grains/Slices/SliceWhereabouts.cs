using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansKvRouter.Grains.Gossip;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>
/// What silos tell each other of the slices that they have. Where a slice belongs everybody knows at once when a silo joins; that it is there takes
/// until it was loaded, and until then walks go where it still is.
/// </summary>
internal sealed class SliceWhereabouts(SliceHosting hosting) : IGossipTopic
{
    private volatile ImmutableDictionary<SiloAddress, ImmutableDictionary<PoolKey, SlicesThere>> _told = ImmutableDictionary<SiloAddress, ImmutableDictionary<PoolKey, SlicesThere>>.Empty;
    private SlicesThere[] _last = [];

    /// <summary>By silo, what it said last; the same object while nobody says anything new.</summary>
    public ImmutableDictionary<SiloAddress, ImmutableDictionary<PoolKey, SlicesThere>> Told => _told;

    public string Name => "slices";

    public byte[]? Look(bool full)
    {
        foreach (var (_, slices) in hosting.Pools) slices.Sweep();
        SlicesThere[] here = [.. hosting.Pools.Select(pool => new SlicesThere(pool.Key.Text, pool.Value.Hosted, pool.Value.Left))];
        if (!full && here.AsSpan().SequenceEqual(_last)) return null;
        _last = here;
        return JsonSerializer.SerializeToUtf8Bytes(here, SlicesThereJson.Default.SlicesThereArray);
    }

    public bool Hear(SiloAddress silo, ReadOnlyMemory<byte> told)
    {
        try
        {
            if (JsonSerializer.Deserialize(told.Span, SlicesThereJson.Default.SlicesThereArray) is not { } pools) return false;
            var there = pools.ToImmutableDictionary(pool => new PoolKey(pool.Pool));
            foreach (var (pool, slices) in hosting.Pools) slices.NoteElsewhere(there.GetValueOrDefault(pool)?.Hosted ?? 0);
            if (_told.GetValueOrDefault(silo) is not { } before || before.Count != there.Count || pools.Any(pool => before.GetValueOrDefault(new PoolKey(pool.Pool)) != pool)) _told = _told.SetItem(silo, there);
            return true;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return false;
        }
    }

    public void Forget(SiloAddress silo) => _told = _told.Remove(silo);
}

/// <summary>A silo's slices of a pool.</summary>
/// <param name="Pool">The pool's key.</param>
/// <param name="Hosted">Those that it hosts, a bit each.</param>
/// <param name="Left">Those that left it, and of which it still knows what they held.</param>
internal sealed record SlicesThere(string Pool, ulong Hosted, ulong Left);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SlicesThere[]))]
internal sealed partial class SlicesThereJson : JsonSerializerContext;
