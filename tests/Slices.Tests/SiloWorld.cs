using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Tests.Slices;

/// <summary>Several silos in this process that host one pool's slices and talk as silos do, but for the faults that a test orders.</summary>
internal sealed class SiloWorld : IDisposable
{
    private readonly SliceInstruments _instruments = new();
    private readonly int[] _hosts;
    private readonly Random _random = new(7);

    public SiloWorld(int silos, SlicedIndexOptions? options = null)
    {
        Options = options ?? new SlicedIndexOptions { WalkPatience = TimeSpan.FromMinutes(1), CheckInterval = TimeSpan.FromMilliseconds(50) };
        _hosts = [.. Enumerable.Range(0, Options.Slices).Select(slice => slice % silos)];
        Silos = [.. Enumerable.Range(0, silos).Select(number => new Silo(this, number))];
        foreach (var silo in Silos) silo.Index = new SlicedIndex(silo.Slices, silo, () => Scheme, Options, _instruments, TimeProvider.System);
        for (var slice = 0; slice < Options.Slices; slice++) Host(slice, _hosts[slice]);
    }

    public SlicedIndexOptions Options { get; }

    public IReadOnlyList<Silo> Silos { get; }

    /// <summary>What keys are made with.</summary>
    public ulong Scheme { get; set; } = 1;

    /// <summary>The share of pages that get lost on the way.</summary>
    public double Losses { get; set; }

    /// <summary>A silo hosts a slice from now on, with nothing in it unless <paramref name="load"/> puts it there.</summary>
    public Slice Host(int slice, int silo, Action<Slice>? load = null)
    {
        var made = Silos[silo].Slices.Create(new IndexOptions());
        load?.Invoke(made);
        _hosts[slice] = silo;
        Silos[silo].Slices.Host(slice, made);
        foreach (var other in Silos) other.Forget();
        return made;
    }

    /// <summary>A slice is lost with all that it knows.</summary>
    public void Lose(int slice)
    {
        var silo = Silos[_hosts[slice]];
        silo.Slices.Leave(slice, silo.Slices[slice]!);
        _hosts[slice] = -1;
        foreach (var other in Silos) other.Forget();
    }

    public int HostOf(int slice) => _hosts[slice];

    public void Dispose()
    {
        foreach (var silo in Silos) silo.Index.Dispose();
        _instruments.Dispose();
    }

    private bool IsLost()
    {
        lock (_random) return _random.NextDouble() < Losses;
    }

    internal sealed class Silo(SiloWorld world, int number) : ISliceLinks
    {
        private IReadOnlyList<SliceHost>? _others;

        public PoolSlices Slices { get; } = new(world.Options.Slices, TimeProvider.System);

        public SlicedIndex Index { get; set; } = null!;

        /// <summary>It answers no walk while this is incomplete.</summary>
        public Task Silence { get; set; } = Task.CompletedTask;

        /// <summary>Walks that it was asked for.</summary>
        public int Asked { get; private set; }

        public IReadOnlyList<SliceHost> Others => _others ??=
            [.. world.Silos.Where(silo => silo != this).Select(silo => new HostingSilo(silo, silo.Slices.Here))];

        public void Forget() => _others = null;

        public void Send(int slice, byte[] page)
        {
            if (world.IsLost()) return;
            if (world._hosts[slice] is var host and >= 0) world.Silos[host].Slices[slice]?.Apply(page);
        }

        public async Task<byte[]> WalkAsync(SliceHost host, byte[] question)
        {
            var silo = ((HostingSilo)host).Silo;
            silo.Asked++;
            await silo.Silence;
            return silo.Slices.Answer(question);
        }

        public Task<byte[]> CheckAsync(int slice, byte[] question) => Task.FromResult(CheckWire.Answer(SliceOf(slice), question));

        public Task<EngineClaim> ClaimAsync(int slice, string engine, long token, ulong scheme)
        {
            var (winner, position) = SliceOf(slice).Claim(engine, token, scheme);
            return Task.FromResult(new EngineClaim(winner, position));
        }

        public override string ToString() => $"silo {number}";

        private Slice SliceOf(int slice) => world._hosts[slice] is var host and >= 0 && world.Silos[host].Slices[slice] is { } found ? found : throw new IOException($"nobody hosts slice {slice}");
    }

    private sealed record HostingSilo(Silo Silo, ulong Slices) : SliceHost(Silo.ToString(), Slices);
}
