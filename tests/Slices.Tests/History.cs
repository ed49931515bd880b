using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tests.KvIndex.Index;

namespace OrleansKvRouter.Tests.Slices;

/// <summary>
/// Engines that store, evict and clear as engines do, each written by one of the silos, and the model of what they hold. What a silo
/// finds is held against it.
/// </summary>
internal sealed class History
{
    private readonly SiloWorld _world;
    private readonly Random _random;
    private readonly List<Engine> _engines = [];
    private readonly BlockKey[][] _chains;

    public History(SiloWorld world, int seed, int engines)
    {
        (_world, _random) = (world, new Random(seed));
        _chains = [.. Enumerable.Range(0, 6).Select(_ => Enumerable.Range(0, 40).Select(_ => new BlockKey((ulong)_random.NextInt64())).ToArray())];
        // Chains share beginnings.
        for (var chain = 1; chain < _chains.Length; chain++) _chains[0].AsSpan(0, 5 * chain).CopyTo(_chains[chain]);
        for (var number = 0; number < engines; number++)
        {
            _engines.Add(new Engine($"engine {number}", number % world.Silos.Count));
            foreach (var silo in world.Silos) silo.Index.AddHolder(new HolderName($"engine {number}", "Gpu"));
        }
    }

    public IReadOnlyList<string> Engines => [.. _engines.Select(engine => engine.Name)];

    /// <summary>A batch of one engine: some stores and evictions, seldom all gone.</summary>
    public void Step()
    {
        var engine = _engines[_random.Next(_engines.Count)];
        var index = _world.Silos[engine.Owner].Index;
        var holder = HolderOf(engine, engine.Owner);
        if (_random.Next(40) == 0)
        {
            index.StartOver([holder]);
            engine.Blocks.Clear(default);
            engine.Sequence = -1;
        }

        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            var chain = _chains[_random.Next(_chains.Length)];
            var from = _random.Next(chain.Length);
            var keys = chain.AsSpan(from, _random.Next(1, chain.Length - from + 1));
            switch (_random.Next(10))
            {
                case 0:
                    index.Clear(holder);
                    engine.Blocks.Clear(default);
                    break;
                case < 4:
                    index.Remove(holder, keys);
                    engine.Blocks.Remove(default, keys);
                    break;
                default:
                    index.Store(holder, null, keys);
                    engine.Blocks.Store(default, keys);
                    break;
            }
        }

        index.Advance(holder, new StreamPosition(++engine.Sequence, engine.Sequence * 1.5));
    }

    /// <summary>An engine's writer is another silo from now on; what it said since <see cref="SlicedIndex.ClaimAsync"/>'s answer comes again, as an engine replays it.</summary>
    public async Task<StreamPosition?> MoveAsync(string name, int silo)
    {
        var engine = _engines.Single(engine => engine.Name == name);
        engine.Owner = silo;
        return await _world.Silos[silo].Index.ClaimAsync(name);
    }

    /// <summary>Says all of an engine anew.</summary>
    public void Relearn(string name)
    {
        var engine = _engines.Single(engine => engine.Name == name);
        var index = _world.Silos[engine.Owner].Index;
        var holder = HolderOf(engine, engine.Owner);
        index.StartOver([holder]);
        foreach (var key in _chains.SelectMany(chain => chain).Distinct())
        {
            for (var copies = engine.Blocks.CopiesOf(default, key); copies > 0; copies--) index.Store(holder, null, [key]);
        }

        engine.Sequence = 0;
        index.Advance(holder, new StreamPosition(0, 0));
    }

    public async Task AssertAsync(string when)
    {
        foreach (var silo in _world.Silos) await silo.Index.SettleAsync(TestContext.Patience);
        foreach (var silo in _world.Silos)
        {
            foreach (var chain in _chains)
            {
                var matches = new PrefixMatches();
                await silo.Index.WalkAsync(chain, matches);
                foreach (var engine in _engines)
                {
                    var expected = engine.Blocks.Walk(chain).GetValueOrDefault(0);
                    var found = matches.BlocksOf(HolderOf(engine, _world.Silos.ToList().IndexOf(silo)));
                    Assert.True(expected == found, $"{when}: {silo} finds {found} blocks of {engine.Name}, which has {expected}");
                }
            }
        }
    }

    private HolderId HolderOf(Engine engine, int silo) => _world.Silos[silo].Index.AddHolder(new HolderName(engine.Name, "Gpu"));

    private sealed class Engine
    {
        public Engine(string name, int owner)
        {
            (Name, Owner) = (name, owner);
            Blocks.AddHolder(default);
        }

        public string Name { get; }

        public int Owner { get; set; }

        public long Sequence { get; set; } = -1;

        public NaiveIndex Blocks { get; } = new();
    }
}

/// <summary>How long any of these tests waits.</summary>
internal static class TestContext
{
    public static CancellationToken Patience => new CancellationTokenSource(Eventually.Limit).Token;
}
