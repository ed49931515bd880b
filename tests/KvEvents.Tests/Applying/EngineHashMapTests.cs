using FsCheck.Xunit;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;

namespace OrleansKvRouter.Tests.KvEvents.Applying;

public sealed class EngineHashMapTests
{
    /// <summary>Any history of copies, over hashes that crowd a few places of the table: as a dictionary has it.</summary>
    [Property(MaxTest = 100, EndSize = 600)]
    public void AddTakeAndClear_AnyHistory_EqualsADictionary(byte keysPerBlock, (byte Hash, byte Tier, byte What)[] history)
    {
        var width = (keysPerBlock % 3) + 1;
        var map = new EngineHashMap(width, stateSize: 5);
        var model = new Dictionary<ulong, int[]>();
        foreach (var (number, tierNumber, what) in history ?? [])
        {
            var (hash, tier) = (number * 0x9E3779B9UL, (Tier)(tierNumber % 3));
            if (what == 0) ClearTier(map, model, tier);
            else if (what % 2 == 0) AddCopy(map, model, hash, tier);
            else TakeCopy(map, model, hash, tier);
            if (what % 16 == 0) AssertEqual(map, model, width);
        }

        AssertEqual(map, model, width);
    }

    [Fact]
    public void Release_AlmostAllOfMany_MemoryIsGivenBack()
    {
        var map = new EngineHashMap(1, 32);
        var model = new Dictionary<ulong, int[]>();
        for (var hash = 1ul; hash <= 100_000; hash++) AddCopy(map, model, hash, Tier.Gpu);
        var most = map.Bytes;
        Assert.InRange(most / 100_000, 50, 75);

        for (var hash = 1ul; hash <= 99_990; hash++) TakeCopy(map, model, hash, Tier.Gpu);

        Assert.True(map.Bytes < most / 20, $"{map.Bytes} of {most} bytes are left");
        AssertEqual(map, model, 1);
    }

    [Fact]
    public void Add_KeysThatAreTheWholeChain_FewBytesABlock()
    {
        var map = new EngineHashMap(1, stateSize: 0);
        for (var hash = 1ul; hash <= 500_000; hash++)
        {
            map.AddCopy(map.Add(new EngineBlockHash(hash)), Tier.Gpu);
            if (hash % 10_000 == 0) Assert.InRange(map.Bytes / (double)hash, 17, 23);
        }
    }

    private static void AddCopy(EngineHashMap map, Dictionary<ulong, int[]> model, ulong hash, Tier tier)
    {
        var slot = map.Find(new EngineBlockHash(hash));
        if (slot < 0)
        {
            slot = map.Add(new EngineBlockHash(hash));
            map.Keys(slot).Fill(new BlockKey(hash + 1));
            map.State(slot).Fill((byte)hash);
            model[hash] = new int[Tiers.Count];
        }

        Assert.Equal(++model[hash][(int)tier] == 1, map.AddCopy(slot, tier));
    }

    private static void TakeCopy(EngineHashMap map, Dictionary<ulong, int[]> model, ulong hash, Tier tier)
    {
        var slot = map.Find(new EngineBlockHash(hash));
        if (slot < 0) return;
        ref var copies = ref model[hash][(int)tier];
        Assert.Equal(copies > 0, map.HasCopy(slot, tier));
        Assert.Equal(copies == 1, map.TakeCopy(slot, tier));
        if (copies > 0) copies--;
        if (model[hash].Sum() == 0) model.Remove(hash);
        Assert.Equal(!model.ContainsKey(hash), map.Release(slot));
    }

    private static void ClearTier(EngineHashMap map, Dictionary<ulong, int[]> model, Tier tier)
    {
        map.Clear(tier);
        foreach (var (hash, copies) in model.ToArray())
        {
            copies[(int)tier] = 0;
            if (copies.Sum() == 0) model.Remove(hash);
        }
    }

    private static void AssertEqual(EngineHashMap map, Dictionary<ulong, int[]> model, int width)
    {
        Assert.Equal(model.Count, map.Count);
        foreach (var (hash, copies) in model)
        {
            var slot = map.Find(new EngineBlockHash(hash));
            Assert.Equal(Enumerable.Repeat(new BlockKey(hash + 1), width), map.Keys(slot).ToArray());
            Assert.Equal(Enumerable.Repeat((byte)hash, 5), map.State(slot)[..5].ToArray());
            for (var tier = Tier.Gpu; tier <= Tier.Disk; tier++) Assert.Equal(copies[(int)tier] > 0, map.HasCopy(slot, tier));
        }
    }
}
