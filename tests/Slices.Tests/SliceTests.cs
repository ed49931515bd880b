using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Tests.Slices;

public sealed class SliceTests
{
    [Fact]
    public async Task DropOrphans_OwnerGone_EngineGoesAfterThePatience_OthersStay()
    {
        using var world = new SiloWorld(silos: 2);
        var (gone, stays) = (world.Silos[0], world.Silos[1]);
        var (lost, kept) = (gone.Index.AddHolder(new HolderName("lost", "Gpu")), stays.Index.AddHolder(new HolderName("kept", "Gpu")));
        await gone.Index.ClaimAsync("lost");
        await stays.Index.ClaimAsync("kept");
        BlockKey[] keys = [.. Enumerable.Range(0, 100).Select(i => new BlockKey((ulong)i))];
        gone.Index.Store(lost, null, keys);
        gone.Index.Advance(lost, new StreamPosition(0, 1));
        stays.Index.Store(kept, null, keys);
        stays.Index.Advance(kept, new StreamPosition(0, 1));
        await gone.Index.SettleAsync();
        await stays.Index.SettleAsync();
        var slice = stays.Slices[1]!;
        var before = slice.Statistics.Memberships;

        gone.Index.Dispose();
        var time = new ManualTime();
        Assert.Equal(0, slice.DropOrphans(TimeSpan.FromMinutes(10), time));
        time.Pass(TimeSpan.FromMinutes(9));
        // Only who still has an owner is asked after meanwhile.
        await stays.Index.SettleAsync();
        Assert.Equal(0, slice.DropOrphans(TimeSpan.FromMinutes(10), time));
        time.Pass(TimeSpan.FromMinutes(2));

        Assert.Equal(1, slice.DropOrphans(TimeSpan.FromMinutes(10), time));
        Assert.Equal(before / 2, slice.Statistics.Memberships);
    }

    [Fact]
    public void HandOver_WalksFindTheSliceHereUntilItIsElsewhere_AndOthersForAWhileAfterThat()
    {
        var time = new ManualTime();
        var slices = new PoolSlices(12, time);
        var slice = slices.Create(new IndexOptions());
        slices.Host(3, slice);

        slices.HandOver(3, slice);
        time.Pass(TimeSpan.FromSeconds(5));
        slices.Sweep();
        Assert.Null(slices[3]);
        Assert.Equal((1UL << 3, 0UL, 1UL << 3), (slices.Here, slices.Hosted, slices.Left));

        slices.NoteElsewhere(1UL << 3);
        slices.Sweep();
        Assert.Equal((0UL, 1UL << 3), (slices.Here, slices.Left));
        time.Pass(TimeSpan.FromSeconds(2));
        slices.Sweep();
        Assert.Equal(0UL, slices.Left);
    }

    [Fact]
    public void HandOver_NobodyTakesTheSlice_WhatItHeldIsForgottenWhenItIsOld()
    {
        var time = new ManualTime();
        var slices = new PoolSlices(12, time);
        var slice = slices.Create(new IndexOptions());
        slices.Host(3, slice);

        slices.HandOver(3, slice);
        time.Pass(TimeSpan.FromSeconds(11));
        slices.Sweep();

        Assert.Equal((0UL, 0UL), (slices.Here, slices.Left));
    }

    [Fact]
    public void Claim_WithALowerToken_StaysTheOthers()
    {
        var slice = new PoolSlices(1, TimeProvider.System).Create(new IndexOptions());
        slice.Claim("engine", 5, scheme: 1);

        Assert.Equal(5, slice.Claim("engine", 4, scheme: 1).Token);
        Assert.Equal(5, slice.Claim("engine", 5, scheme: 1).Token);
        Assert.Equal(6, slice.Claim("engine", 6, scheme: 1).Token);
    }

    [Theory]
    [InlineData(12, 1)]
    [InlineData(12, 3)]
    [InlineData(12, 5)]
    [InlineData(16, 7)]
    [InlineData(12, 40)]
    public void Assignment_EverySiloHasItsShare(int slices, int silos)
    {
        string[] names = [.. Enumerable.Range(0, silos).Select(i => $"10.0.0.{i}:11111@{i * 7}")];

        var hosts = SliceAssignment.OfSlices("pool", slices, names);

        var counts = Enumerable.Range(0, silos).Select(silo => hosts.Count(host => host == silo)).ToArray();
        Assert.True(counts.Max() - counts.Min() <= 1, string.Join(',', counts));
    }

    [Fact]
    public void Assignment_OrderOfSilosDoesNotMatter_AndASiloThatGoesMovesLittleElse()
    {
        string[] names = [.. Enumerable.Range(0, 4).Select(i => $"silo {i}")];
        string[] reversed = [.. names.Reverse()];
        string[] fewer = names[..3];

        var hosts = SliceAssignment.OfSlices("pool", 12, names).Select(i => names[i]).ToArray();

        Assert.Equal(hosts, SliceAssignment.OfSlices("pool", 12, reversed).Select(i => reversed[i]));
        var after = SliceAssignment.OfSlices("pool", 12, fewer).Select(i => fewer[i]).ToArray();
        var moved = Enumerable.Range(0, 12).Count(slice => hosts[slice] != "silo 3" && hosts[slice] != after[slice]);
        Assert.InRange(moved, 0, 4);
    }

    [Fact]
    public void PoolKey_SliceNames_ComeBack()
    {
        var pool = PoolKey.Of("default/qwen", "auto", 64, "42", 12);

        Assert.True(PoolKey.TryParseSlice(pool.NameOf(11), out var parsed, out var slice));
        Assert.Equal((pool, 11, 12), (parsed, slice, parsed.Slices));
        Assert.False(PoolKey.TryParseSlice(pool.NameOf(12), out _, out _));
        Assert.False(PoolKey.TryParseSlice("default/qwen default/pod  10.0.0.1:8000 0", out _, out _));
        Assert.NotEqual(pool, PoolKey.Of("default/qwen", "auto", 64, "43", 12));
    }
}
