using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Tests.Cluster.Bench;

/// <summary>Chains of 1,000 blocks, and engines of which each holds the beginning of every chain.</summary>
internal sealed class Content
{
    public const int Engines = 12, Chains = 100, Blocks = 1_000;

    private readonly HolderId[] _holders;
    private readonly int[][] _depths;

    private Content(HolderId[] holders, BlockKey[][] chains, int[][] depths) => (_holders, Keys, _depths) = (holders, chains, depths);

    /// <summary>The chains.</summary>
    public BlockKey[][] Keys { get; }

    /// <summary>Writes it all; every walk finds it then.</summary>
    public static async Task<Content> WriteAsync(SlicedIndex index)
    {
        var random = new Random(7);
        BlockKey[][] chains = [.. Enumerable.Range(0, Chains).Select(_ => Enumerable.Range(0, Blocks).Select(_ => new BlockKey((ulong)random.NextInt64())).ToArray())];
        int[][] depths = [.. chains.Select(_ => Enumerable.Range(0, Engines).Select(engine => engine == 0 ? Blocks : random.Next(1, Blocks + 1)).ToArray())];
        HolderId[] holders = [.. Enumerable.Range(0, Engines).Select(engine => index.AddHolder(new HolderName($"10.0.0.{engine}:8000", "GPU")))];
        var at = 0L;
        for (var chain = 0; chain < Chains; chain++)
        {
            at++;
            for (var engine = 0; engine < Engines; engine++)
            {
                index.Store(holders[engine], null, chains[chain].AsSpan(0, depths[chain][engine]));
                index.Advance(holders[engine], new StreamPosition(at, at, 0));
            }
        }

        await index.SettleAsync();
        return new Content(holders, chains, depths);
    }

    /// <summary>Whether a walk found of every engine exactly what it holds.</summary>
    public bool IsFound(int chain, PrefixMatches matches)
    {
        for (var engine = 0; engine < Engines; engine++)
        {
            if (matches.BlocksOf(_holders[engine]) != _depths[chain][engine]) return false;
        }

        return true;
    }
}
