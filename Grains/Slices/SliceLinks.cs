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
    private volatile Known _known;

    public SliceLinks(PoolKey pool, IGrainFactory grains, Silos silos)
    {
        (_pool, _silos) = (pool, silos);
        _grains = [.. Enumerable.Range(0, pool.Slices).Select(slice => grains.GetGrain<IBlockHashGrain>(pool.NameOf(slice)))];
        _known = new Known(new ActiveSilos([]), []);
    }

    public IReadOnlyList<SliceHost> Others
    {
        get
        {
            var (known, active) = (_known, _silos.Active);
            if (!ReferenceEquals(known.Active, active)) _known = known = new Known(active, OthersOf(active));
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

    private SliceHost[] OthersOf(ActiveSilos active)
    {
        var hosts = active.HostsOf(_pool);
        return
        [
            .. hosts.Select((silo, slice) => (Silo: silo, Slice: slice))
                .Where(hosted => !hosted.Silo.Equals(_silos.Local))
                .GroupBy(hosted => hosted.Silo)
                .Select(silo => new Host(silo.Key, silo.Aggregate(0UL, (mask, hosted) => mask | (1UL << hosted.Slice)), _grains[silo.First().Slice])),
        ];
    }

    private sealed record Known(ActiveSilos Active, SliceHost[] Others);

    /// <summary>A silo, and the slice there that answers for all of them.</summary>
    private sealed record Host(SiloAddress Silo, ulong Slices, IBlockHashGrain Speaker) : SliceHost(Silo.ToString(), Slices);
}
