using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Tests.KvEvents.Matrix;

/// <summary>What an engine itself says that it holds.</summary>
/// <param name="Seq">The last batch's number.</param>
/// <param name="Blocks">Different blocks, by tier.</param>
/// <param name="Held">Leading blocks of every chain, by tier.</param>
internal sealed record EngineModel(long Seq, int[] Blocks, int[][] Held);

internal sealed record MatrixEngine(Combination Combination, FeedTarget Target);

/// <summary>A pool for each key scheme, with its own index, as engines of one release and one set of flags would share it.</summary>
internal sealed class MatrixPools
{
    private const int BlockSize = 16;

    private readonly Dictionary<string, (InMemoryBlockIndex Index, PoolKeyScheme Scheme)> _pools = [];
    private readonly Dictionary<(PoolKeyScheme, IKeyFunction, int), BlockKey[][]> _keys = [];
    private readonly PrefixMatches _matches = new();

    public static int[] EngineBlockSizes { get; } = [BlockSize, 4 * BlockSize];

    /// <summary>Walks compared.</summary>
    public long Walks { get; private set; }

    public static int[] ChainsOf(Combination combination) =>
        [.. Enumerable.Range(0, History.Chains(BlockSize).Length).Where(chain =>
            (chain != History.AdapterChain || combination.HasAdapters) && (chain != History.SaltedChain || combination.HasSalts))];

    public MatrixEngine Add(Combination combination, int number, FleetSockets sockets)
    {
        var policy = combination.Scheme.Policy;
        var name = $"{combination.Scheme} in {policy}";
        if (!_pools.TryGetValue(name, out var pool)) _pools[name] = pool = (new InMemoryBlockIndex(), PoolKeyScheme.Create(policy.Algorithm, policy.Seed).Value!);
        return new MatrixEngine(
            combination,
            new FeedTarget(name, $"{combination}", pool.Index, pool.Index.AddHolder(), pool.Scheme, BlockSize)
            {
                Sockets = new EngineSockets("127.0.0.1", 0, sockets.Events, sockets.Replay),
            });
    }

    /// <summary>Where the index says something else than the engine; empty where it does not.</summary>
    public string DifferenceOf(MatrixEngine engine, EngineModel model, Claims claims)
    {
        var target = engine.Target;
        for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++)
        {
            var held = model.Held[(int)tier];
            var whole = claims == Claims.Exact || (claims == Claims.ExactOnGpu && tier == Tier.Gpu);
            var chains = KeysOf(engine);
            for (var chain = 0; chain < chains.Length; chain++)
            {
                var walked = target.HolderOf(tier) is { } holder ? Walk(target, chains[chain], holder) : 0;
                if (whole ? walked != held[chain] : walked > held[chain])
                {
                    return $"{tier}, chain {chain}: it holds {held[chain]} blocks, the index says {walked}";
                }
            }

            var blocks = target.HolderOf(tier) is { } known ? target.Index.BlocksHeld(known) / target.KeysPerBlock : 0;
            if (whole ? blocks != model.Blocks[(int)tier] : blocks > model.Blocks[(int)tier])
            {
                return $"{tier}: it has {model.Blocks[(int)tier]} blocks, the index {blocks}";
            }
        }

        return "";
    }

    private int Walk(FeedTarget target, BlockKey[] keys, HolderId holder)
    {
        ((InMemoryBlockIndex)target.Index).Walk(keys, _matches);
        Walks++;
        return _matches.BlocksOf(holder) / target.KeysPerBlock;
    }

    /// <summary>The chains as a request would ask for them: keys by the pool's function of the moment.</summary>
    private BlockKey[][] KeysOf(MatrixEngine engine)
    {
        var (scheme, blockSize) = (engine.Target.Scheme, engine.Combination.Scheme.BlockSize);
        var function = scheme.Function;
        if (_keys.TryGetValue((scheme, function, blockSize), out var known)) return known;
        return _keys[(scheme, function, blockSize)] = [.. History.Chains(blockSize).Select(chain => Keys(function, chain))];
    }

    private static BlockKey[] Keys(IKeyFunction function, FleetChain chain)
    {
        var keys = new BlockKey[chain.Tokens.Length / BlockSize];
        return keys[..function.ComputeKeys(chain.Tokens, BlockSize, new KeyExtras(chain.Lora, chain.Salt), keys)];
    }
}
