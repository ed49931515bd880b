using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvIndex.Index;

public sealed class InMemoryBlockIndexTests : BlockIndexContract
{
    protected override IBlockIndex Create() => new InMemoryBlockIndex();

    [Fact]
    public void StoreAndRemove_Churn_OccupiesNoMoreThanWhatIsHeld()
    {
        // Engines with full caches: each stored chain evicts one stored long before.
        const int Kept = 1_000, Length = 64;
        var index = new InMemoryBlockIndex();
        var holder = index.AddHolder();
        var chains = Enumerable.Range(0, 12_000).Select(c => InMemoryBlockIndexTests.Chain((ulong)c, Length)).ToArray();
        for (var c = 0; c < Kept; c++) index.Store(holder, null, chains[c]);
        for (var c = Kept; c < chains.Length; c++)
        {
            index.Store(holder, null, chains[c]);
            index.Remove(holder, chains[c - Kept]);
        }

        Assert.Equal(Kept * Length, index.BlocksHeld(holder));
        Assert.InRange(index.Statistics.Bytes / (double)(Kept * Length), 0, 80);
    }

    [Fact]
    public async Task Clear_ManyBlocks_SpaceComesBackWithoutAnotherWrite()
    {
        var index = new InMemoryBlockIndex();
        var (kept, cleared) = (index.AddHolder(), index.AddHolder());
        for (var c = 0UL; c < 2_000; c++) index.Store(cleared, null, Chain(c, 128));
        index.Store(kept, null, Chain(7, 128));
        var full = index.Statistics.Bytes;

        index.Clear(cleared);

        Assert.Equal((128, 128), (index.Statistics.Blocks, index.Statistics.Memberships));
        await Eventually.TrueAsync(() => index.Statistics.Bytes < full / 4, "cleared blocks are swept and their chunks freed");
        Assert.Equal((128, 128), (index.Statistics.Blocks, index.Statistics.Memberships));
        Assert.Equal(new Dictionary<int, int> { [kept.Value] = 128 }, await WalkAsync(index, Chain(7, 128)));
    }

    [Fact]
    public void RemoveHolder_Twice_Throws()
    {
        var index = new InMemoryBlockIndex();
        var holder = index.AddHolder();
        index.RemoveHolder(holder);
        Assert.Throws<ArgumentException>(() => index.RemoveHolder(holder));
        Assert.Throws<ArgumentException>(() => index.Store(holder, null, Chain(1, 1)));
    }

    [Fact]
    public async Task WalkAsync_Cancelled_SaysSo() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await new InMemoryBlockIndex().WalkAsync(Chain(1, 1), new PrefixMatches(), new CancellationToken(canceled: true)));

    internal static BlockKey[] Chain(ulong number, int length)
    {
        var keys = new BlockKey[length];
        for (var i = 0; i < length; i++)
        {
            var z = ((number << 32) | (uint)i) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 29)) * 0x94D049BB133111EB;
            keys[i] = new BlockKey(z ^ (z >> 32));
        }

        return keys;
    }
}
