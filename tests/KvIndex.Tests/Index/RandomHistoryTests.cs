using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.Tests.KvIndex.Index;

/// <summary>
/// Random histories of stores (out of order and repeated too), removals, clears and holders that come and go, compared with
/// <see cref="NaiveIndex"/>. A failure names its seed.
/// </summary>
public sealed class RandomHistoryTests
{
    // Chunks of 64 entries: histories of a few thousand blocks fill, wear out and empty many of them.
    private const int SmallChunks = 6;

    [Fact]
    public void HundredThousandHistories_EqualNaiveModel()
    {
        // Histories follow each other in one index, as they do in a router: each begins beside what the last ones left behind.
        const int Batch = 200;
        Parallel.For(0, 500, batch =>
        {
            var index = new InMemoryBlockIndex(new IndexOptions { ChunkBits = SmallChunks });
            for (var seed = batch * Batch; seed < (batch + 1) * Batch; seed++)
            {
                using var history = new History(seed, index, chains: 3, length: 12, maxHolders: 4);
                for (var step = 0; step < 10; step++) history.Step(step);
                history.CheckCounts();
            }
        });
    }

    [Fact]
    public void LongHistories_EqualNaiveModel()
    {
        Parallel.For(0, 12, seed =>
        {
            var index = new InMemoryBlockIndex(new IndexOptions { ChunkBits = SmallChunks });
            using var history = new History(seed + 1_000_000, index, chains: 60, length: 150, maxHolders: 70);
            for (var step = 0; step < 1_500; step++)
            {
                history.Step(step);
                if (step % 50 == 0) history.CheckCounts();
            }
        });
    }

    [Fact]
    public void BoundedHistories_ClaimNothingThatNaiveModelHasNot()
    {
        const long Bound = 160 << 10;
        var dropped = 0L;
        Parallel.For(0, 12, seed =>
        {
            var index = new InMemoryBlockIndex(new IndexOptions { ChunkBits = SmallChunks, MaxBytes = Bound });
            using var history = new History(seed + 2_000_000, index, chains: 100, length: 150, maxHolders: 20) { MayForget = true };
            for (var step = 0; step < 1_500; step++) history.Step(step);
            var statistics = index.Statistics;
            Assert.InRange(statistics.Bytes, 0, Bound + (Bound / 4));
            Interlocked.Add(ref dropped, statistics.Dropped);
        });
        Assert.True(dropped > 10_000, $"only {dropped} dropped");
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

    /// <summary>Makes the same change in both. Returns how many blocks each says that a removal found.</summary>
    internal static (int Naive, int Index) Change(Random random, InMemoryBlockIndex index, NaiveIndex naive, BlockKey[] chain, int maxHolders)
    {
        var holders = naive.Holders.ToArray();
        var action = random.Next(100);
        if (holders.Length == 0 || (action < 8 && holders.Length < maxHolders))
        {
            naive.AddHolder(index.AddHolder());
            return (0, 0);
        }

        var holder = holders[random.Next(holders.Length)];
        var from = random.Next(4) == 0 ? random.Next(chain.Length) : 0;
        var part = chain.AsSpan(from, random.Next(chain.Length - from + 1));
        switch (action)
        {
            case < 60:
                index.Store(holder, from == 0 ? null : chain[from - 1], part);
                naive.Store(holder, part);
                return (0, 0);
            case < 90:
                var removed = part.ToArray();
                if (random.Next(2) == 0) Array.Reverse(removed);
                if (random.Next(2) == 0) random.Shuffle(removed);
                return (naive.Remove(holder, removed), index.Remove(holder, removed));
            case < 95:
                index.Clear(holder);
                naive.Clear(holder);
                return (0, 0);
            default:
                index.RemoveHolder(holder);
                naive.RemoveHolder(holder);
                return (0, 0);
        }
    }

    private sealed class History : IDisposable
    {
        private readonly Random _random;
        private readonly InMemoryBlockIndex _index;
        private readonly NaiveIndex _naive = new();
        private readonly PrefixMatches _matches = new();
        private readonly BlockKey[][] _chains;
        private readonly int _seed;
        private readonly int _maxHolders;

        public History(int seed, InMemoryBlockIndex index, int chains, int length, int maxHolders)
        {
            (_seed, _random, _index, _maxHolders) = (seed, new Random(seed), index, maxHolders);
            _chains = ChainsOf(_random, chains, length);
        }

        /// <summary>The index may know less than was stored, never more.</summary>
        public bool MayForget { get; init; }

        public void Step(int step)
        {
            var chain = _chains[_random.Next(_chains.Length)];
            var (had, has) = Change(_random, _index, _naive, chain, _maxHolders);
            Assert.True(had == has || (MayForget && has < had), $"history {_seed}, step {step}: {has} removed of {had}");
            Compare(_chains[_random.Next(_chains.Length)], step);
            Compare(chain, step);
        }

        public void CheckCounts()
        {
            var statistics = _index.Statistics;
            Assert.True((_naive.Blocks, _naive.Memberships) == (statistics.Blocks, statistics.Memberships), $"history {_seed}: statistics {statistics}");
            foreach (var holder in _naive.Holders) Assert.True(_naive.BlocksHeld(holder) == _index.BlocksHeld(holder), $"history {_seed}: blocks held");
        }

        public void Dispose()
        {
            foreach (var holder in _naive.Holders) _index.RemoveHolder(holder);
        }

        private void Compare(BlockKey[] chain, int step)
        {
            var expected = _naive.Walk(chain);
            _index.Walk(chain, _matches);
            foreach (var holder in _matches.Holders)
            {
                var (blocks, at) = (_matches.BlocksOf(new HolderId(holder)), expected.GetValueOrDefault(holder));
                Assert.True(blocks == at || (MayForget && blocks < at), $"history {_seed}, step {step}: holder {holder} has {blocks}, not {at}");
            }

            Assert.True(MayForget || _matches.Holders.Length == expected.Count, $"history {_seed}, step {step}: holders");
        }
    }
}
