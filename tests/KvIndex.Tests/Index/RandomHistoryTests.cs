using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.Tests.KvIndex.Index;

/// <summary>Random histories, each step compared with <see cref="NaiveIndex"/>. A failure names its seed.</summary>
public sealed class RandomHistoryTests
{
    [Fact]
    public void ManyShortHistories_EqualNaiveModel()
    {
        Parallel.For(0, 20_000, seed => Run(seed, steps: 25, chains: 3, length: 12, maxHolders: 4));
    }

    [Fact]
    public void SomeLongHistories_EqualNaiveModel()
    {
        // Long enough for chunks to wear out and be emptied while holders come and go.
        Parallel.For(0, 12, seed => Run(seed + 1_000_000, steps: 1_500, chains: 60, length: 150, maxHolders: 70));
    }

    private static void Run(int seed, int steps, int chains, int length, int maxHolders)
    {
        var random = new Random(seed);
        var index = new InMemoryBlockIndex();
        var naive = new NaiveIndex();
        var matches = new PrefixMatches();

        var keys = ChainsOf(random, chains, length);
        for (var step = 0; step < steps; step++)
        {
            var chain = keys[random.Next(chains)];
            Change(random, index, naive, chain, maxHolders);
            Compare(index, naive, keys[random.Next(chains)], matches, seed, step);
            Compare(index, naive, chain, matches, seed, step);
        }
    }

    /// <summary>Chains that share beginnings, as prompts do; some keys are the extreme ones.</summary>
    internal static BlockKey[][] ChainsOf(Random random, int chains, int length)
    {
        var keys = Enumerable.Range(0, chains).Select(c => InMemoryBlockIndexTests.Chain((ulong)c, length)).ToArray();
        foreach (var chain in keys) keys[0].AsSpan(0, random.Next(length)).CopyTo(chain);
        keys[0][random.Next(length)] = new BlockKey(0);
        keys[^1][random.Next(length)] = new BlockKey(ulong.MaxValue);
        return keys;
    }

    internal static void Change(Random random, InMemoryBlockIndex index, NaiveIndex naive, BlockKey[] chain, int maxHolders)
    {
        var holders = naive.Holders.ToArray();
        var action = random.Next(100);
        if (holders.Length == 0 || (action < 8 && holders.Length < maxHolders))
        {
            naive.AddHolder(index.AddHolder());
            return;
        }

        var holder = holders[random.Next(holders.Length)];
        var from = random.Next(4) == 0 ? random.Next(chain.Length) : 0;
        var part = chain.AsSpan(from, random.Next(chain.Length - from + 1));
        switch (action)
        {
            case < 60:
                index.Store(holder, from == 0 ? null : chain[from - 1], part);
                naive.Store(holder, part);
                break;
            case < 90:
                var removed = part.ToArray();
                if (random.Next(2) == 0) Array.Reverse(removed);
                if (random.Next(2) == 0) random.Shuffle(removed);
                Assert.Equal(naive.Remove(holder, removed), index.Remove(holder, removed));
                break;
            case < 95:
                index.Clear(holder);
                naive.Clear(holder);
                break;
            default:
                index.RemoveHolder(holder);
                naive.RemoveHolder(holder);
                break;
        }
    }

    private static void Compare(InMemoryBlockIndex index, NaiveIndex naive, BlockKey[] chain, PrefixMatches matches, int seed, int step)
    {
        var expected = naive.Walk(chain);
        index.Walk(chain, matches);
        var equal = matches.Holders.Length == expected.Count;
        foreach (var (holder, blocks) in expected) equal &= matches.BlocksOf(new HolderId(holder)) == blocks;
        Assert.True(equal, $"history {seed}, step {step}: walk");

        var statistics = index.Statistics;
        Assert.True((naive.Blocks, naive.Memberships) == (statistics.Blocks, statistics.Memberships), $"history {seed}, step {step}: statistics");
        foreach (var holder in naive.Holders) Assert.True(naive.BlocksHeld(holder) == index.BlocksHeld(holder), $"history {seed}, step {step}: blocks held");
    }
}
