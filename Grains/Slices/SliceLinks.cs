using System.Collections.Immutable;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Grains.Slices;

/// <summary>One pool's way to the slices on other silos: calls of their grains.</summary>
internal sealed class SliceLinks : ISliceLinks
{
    private readonly Silos _silos;
    private readonly IBlockHashGrain[] _grains;
    private readonly PoolKey _pool;
    private readonly SliceWhereabouts _whereabouts;
    private volatile Known _known;

    public SliceLinks(PoolKey pool, IGrainFactory grains, Silos silos, SliceWhereabouts whereabouts)
    {
        (_pool, _silos, _whereabouts) = (pool, silos, whereabouts);
        _grains = [.. Enumerable.Range(0, pool.Slices).Select(slice => grains.GetGrain<IBlockHashGrain>(pool.NameOf(slice)))];
        _known = new Known(new ActiveSilos([]), whereabouts.Told, []);
    }

    public IReadOnlyList<SliceHost> Others
    {
        get
        {
            var (known, active, told) = (_known, _silos.Active, _whereabouts.Told);
            if (!ReferenceEquals(known.Active, active) || !ReferenceEquals(known.Told, told)) _known = known = new Known(active, told, OthersOf(active, told, known.Others));
            return known.Others;
        }
    }

    public void Send(int slice, byte[] page) => _ = _grains[slice].ApplyAsync(page);

    public async Task<byte[]> WalkAsync(SliceHost host, byte[] question) => (await ((Host)host).Speaker.WalkAsync(question)).Value;

    public async Task<byte[]> CheckAsync(int slice, byte[] question) => (await _grains[slice].CheckAsync(question)).Value;

    public async Task<EngineClaim> ClaimAsync(int slice, string engine, long token, ulong scheme)
    {
        var answer = await _grains[slice].ClaimAsync(engine, token, scheme);
        return new EngineClaim(answer.Token, new EnginePosition(answer.Epoch, answer.Sequence, answer.Timestamp, answer.Memo));
    }

    private SliceHost[] OthersOf(ActiveSilos active, ImmutableDictionary<SiloAddress, ImmutableDictionary<PoolKey, SlicesThere>> told, SliceHost[] before)
    {
        var assigned = active.HostsOf(_pool);
        return
        [
            .. assigned.Select((silo, slice) => (Silo: WhoHas(slice, silo), Slice: slice))
                .Where(had => !had.Silo.Equals(_silos.Local))
                .GroupBy(had => had.Silo)
                .Select(silo => new Host(silo.Key, silo.Aggregate(0UL, (mask, had) => mask | (1UL << had.Slice)), SpeakerOf(silo.Key, silo.First().Slice)))
                .Select(host => before.FirstOrDefault(other => other.Equals(host)) ?? host),
        ];

        // Where it belongs, unless it is known to be elsewhere still.
        SiloAddress WhoHas(int slice, SiloAddress belongs) =>
            IsIn(slice, There(belongs)?.Hosted) ? belongs
            : active.All.FirstOrDefault(silo => IsIn(slice, There(silo)?.Hosted)) ?? active.All.FirstOrDefault(silo => IsIn(slice, There(silo)?.Left)) ?? belongs;

        // One that stays there.
        IBlockHashGrain SpeakerOf(SiloAddress silo, int otherwise) =>
            _grains[Enumerable.Range(0, assigned.Length).Where(slice => assigned[slice].Equals(silo) && IsIn(slice, There(silo)?.Hosted)).DefaultIfEmpty(otherwise).First()];

        SlicesThere? There(SiloAddress silo) => told.GetValueOrDefault(silo)?.GetValueOrDefault(_pool);

        static bool IsIn(int slice, ulong? slices) => (slices & (1UL << slice)) is > 0;
    }

    private sealed record Known(ActiveSilos Active, ImmutableDictionary<SiloAddress, ImmutableDictionary<PoolKey, SlicesThere>> Told, SliceHost[] Others);

    /// <summary>A silo, and the slice there that answers for all of them.</summary>
    private sealed record Host(SiloAddress Silo, ulong Slices, IBlockHashGrain Speaker) : SliceHost(Silo.ToString(), Slices);
}
