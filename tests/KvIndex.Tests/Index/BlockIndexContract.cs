using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvIndex.Index;

/// <summary>What every implementation of the index port owes. Derive, and say how one is made.</summary>
public abstract class BlockIndexContract
{
    protected abstract IBlockIndex Create();

    [Fact]
    public async Task Walk_EmptyIndex_FindsNothing() => Assert.Empty(await WalkAsync(Create(), Keys(1, 2, 3)));

    [Fact]
    public async Task Walk_NoKeys_ForgetsTheWalkBefore()
    {
        var index = Create();
        var holder = index.AddHolder();
        index.Store(holder, null, Keys(1).Span);
        await index.SettleAsync();
        var matches = new PrefixMatches();
        await index.WalkAsync(Keys(1), matches);

        await index.WalkAsync(Keys(), matches);

        Assert.Equal(0, matches.Holders.Length);
    }

    [Fact]
    public async Task Walk_SeveralHolders_EachGetsItsOwnPrefix()
    {
        var index = Create();
        var (long1, short1, other) = (index.AddHolder(), index.AddHolder(), index.AddHolder());
        index.Store(long1, null, Keys(1, 2, 3, 4).Span);
        index.Store(short1, null, Keys(1, 2).Span);
        index.Store(other, null, Keys(9, 2, 3).Span);

        Assert.Equal(Expect((long1, 4), (short1, 2)), await WalkAsync(index, Keys(1, 2, 3, 4, 5)));
    }

    [Fact]
    public async Task Walk_Hole_EndsThereThoughLaterBlocksAreHeld()
    {
        var index = Create();
        var holder = index.AddHolder();
        index.Store(holder, null, Keys(1, 2, 3, 4, 5).Span);

        index.Remove(holder, Keys(3).Span);
        Assert.Equal(Expect((holder, 2)), await WalkAsync(index, Keys(1, 2, 3, 4, 5)));

        index.Store(holder, new BlockKey(2), Keys(3).Span);
        Assert.Equal(Expect((holder, 5)), await WalkAsync(index, Keys(1, 2, 3, 4, 5)));
    }

    [Fact]
    public async Task Walk_FirstBlockMissing_FindsNothing()
    {
        var index = Create();
        index.Store(index.AddHolder(), new BlockKey(1), Keys(2, 3).Span);
        Assert.Empty(await WalkAsync(index, Keys(1, 2, 3)));
    }

    [Fact]
    public async Task Store_ExtremeKeys_AreKeysLikeOthers()
    {
        var index = Create();
        var holder = index.AddHolder();
        Assert.Empty(await WalkAsync(index, Keys(0)));
        Assert.Empty(await WalkAsync(index, Keys(ulong.MaxValue)));

        index.Store(holder, null, Keys(0, ulong.MaxValue).Span);

        Assert.Equal(Expect((holder, 2)), await WalkAsync(index, Keys(0, ulong.MaxValue, 1)));
        index.Remove(holder, Keys(0, ulong.MaxValue).Span);
        Assert.Empty(await WalkAsync(index, Keys(0, ulong.MaxValue)));
    }

    [Fact]
    public async Task Remove_StoredTwice_NeedsTwoRemovals()
    {
        var index = Create();
        var (twice, once) = (index.AddHolder(), index.AddHolder());
        index.Store(twice, null, Keys(1, 2).Span);
        index.Store(twice, new BlockKey(1), Keys(2).Span);
        index.Store(once, null, Keys(1, 2).Span);
        Assert.Equal(2, await HeldAsync(index, twice));

        index.Remove(twice, Keys(2).Span);
        Assert.Equal(Expect((twice, 2), (once, 2)), await WalkAsync(index, Keys(1, 2)));

        index.Remove(twice, Keys(2).Span);
        Assert.Equal(Expect((twice, 1), (once, 2)), await WalkAsync(index, Keys(1, 2)));
        index.Remove(twice, Keys(2).Span);
        Assert.Equal(1, await HeldAsync(index, twice));
    }

    [Fact]
    public async Task Remove_UnknownBlocks_PassedOver()
    {
        var index = Create();
        var holder = index.AddHolder();
        index.Store(holder, null, Keys(1, 2).Span);
        index.Remove(holder, Keys(7, 2, 8).Span);
        Assert.Equal(1, await HeldAsync(index, holder));
    }

    [Fact]
    public async Task Clear_OneHolder_OthersStay()
    {
        var index = Create();
        var (cleared, other) = (index.AddHolder(), index.AddHolder());
        index.Store(cleared, null, Keys(1, 2, 2).Span);
        index.Store(other, null, Keys(1).Span);

        index.Clear(cleared);

        Assert.Equal(Expect((other, 1)), await WalkAsync(index, Keys(1, 2)));
        Assert.Equal(0, await HeldAsync(index, cleared));
        await index.SettleAsync();
        Assert.Equal((1, 1), (index.Statistics.Blocks, index.Statistics.Memberships));
        index.Remove(cleared, Keys(1, 2).Span);
        Assert.Equal(0, await HeldAsync(index, cleared));
    }

    [Fact]
    public async Task Clear_ThenStored_CountsCopiesAnew()
    {
        var index = Create();
        var holder = index.AddHolder();
        index.Store(holder, null, Keys(1, 1, 1).Span);
        index.Clear(holder);
        index.Store(holder, null, Keys(1).Span);

        Assert.Equal(Expect((holder, 1)), await WalkAsync(index, Keys(1)));
        index.Remove(holder, Keys(1).Span);
        Assert.Empty(await WalkAsync(index, Keys(1)));
    }

    [Fact]
    public async Task RemoveHolder_Walks_DoNotReportIt()
    {
        var index = Create();
        var (gone, other) = (index.AddHolder(), index.AddHolder());
        index.Store(gone, null, Keys(1, 2).Span);
        index.Store(other, null, Keys(1).Span);

        index.RemoveHolder(gone);

        Assert.Equal(Expect((other, 1)), await WalkAsync(index, Keys(1, 2)));
        await index.SettleAsync();
        Assert.Equal((1, 1), (index.Statistics.Blocks, index.Statistics.Memberships));
    }

    [Fact]
    public async Task RemoveHolder_NumberIssuedAgain_StartsEmpty()
    {
        var index = Create();
        var gone = index.AddHolder();
        index.Store(gone, null, Keys(1, 1, 2).Span);
        index.RemoveHolder(gone);
        var again = default(HolderId);
        await Eventually.TrueAsync(() => (again = index.AddHolder()) == gone, "the number is issued again");

        Assert.Equal(0, await HeldAsync(index, again));
        Assert.Empty(await WalkAsync(index, Keys(1, 2)));
        index.Store(again, null, Keys(1).Span);
        Assert.Equal(Expect((again, 1)), await WalkAsync(index, Keys(1, 2)));
        index.Remove(again, Keys(1).Span);
        Assert.Empty(await WalkAsync(index, Keys(1, 2)));
    }

    [Fact]
    public async Task Walk_ThreeThousandHolders_EveryoneGetsItsOwn()
    {
        var index = Create();
        var chain = Enumerable.Range(1, 64).Select(i => new BlockKey((ulong)i * 0x9E3779B97F4A7C15)).ToArray();
        var expected = new Dictionary<int, int>();
        var random = new Random(11);
        for (var i = 0; i < 3_000; i++)
        {
            var holder = index.AddHolder();
            var count = random.Next(1, chain.Length + 1);
            index.Store(holder, null, chain.AsSpan(0, count));
            expected[holder.Value] = count;
        }

        Assert.Equal(expected, await WalkAsync(index, chain));
        foreach (var (holder, count) in expected.Where(e => e.Key % 3 == 0).ToArray())
        {
            var hole = random.Next(count);
            index.Remove(new HolderId(holder), chain.AsSpan(hole, 1));
            if (hole == 0) expected.Remove(holder);
            else expected[holder] = hole;
        }

        Assert.Equal(expected, await WalkAsync(index, chain));
        foreach (var holder in expected.Keys.Where(h => h % 3 == 1).ToArray())
        {
            index.RemoveHolder(new HolderId(holder));
            expected.Remove(holder);
        }

        Assert.Equal(expected, await WalkAsync(index, chain));
    }

    internal static async Task<Dictionary<int, int>> WalkAsync(IBlockIndex index, ReadOnlyMemory<BlockKey> keys)
    {
        await index.SettleAsync();
        var matches = new PrefixMatches();
        await index.WalkAsync(keys, matches);
        return matches.Holders.ToArray().ToDictionary(h => h, h => matches.BlocksOf(new HolderId(h)));
    }

    private static async Task<long> HeldAsync(IBlockIndex index, HolderId holder)
    {
        await index.SettleAsync();
        return index.BlocksHeld(holder);
    }

    private static ReadOnlyMemory<BlockKey> Keys(params ulong[] keys) => keys.Select(k => new BlockKey(k)).ToArray();

    private static Dictionary<int, int> Expect(params (HolderId Holder, int Blocks)[] matches) => matches.ToDictionary(m => m.Holder.Value, m => m.Blocks);
}
