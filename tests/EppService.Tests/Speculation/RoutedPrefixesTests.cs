using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EppService.Speculation;

namespace OrleansKvRouter.Tests.EppService.Speculation;

/// <summary>What was routed counts for its time, is bounded, and goes with its endpoint.</summary>
public sealed class RoutedPrefixesTests
{
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(2);

    private readonly RoutedPrefixes _routed = new();
    private readonly RoutedHolders _a = new();
    private readonly RoutedHolders _b = new();
    private readonly PrefixMatches _scratch = new();

    [Fact]
    public void Add_Prefix_IsFoundForItsRankAlone()
    {
        Assert.Equal(0u, _routed.Alive(At(0), Hold));
        Assert.Equal(10, Add(_a, Keys(10), 0));

        Assert.Equal((10, 0), (Found(_a, Keys(20), 0), Found(_b, Keys(20), 0)));
        Assert.Equal(0, Found(_a, Keys(10, first: 500), 0));
    }

    /// <summary>Whenever in a generation it was added: two seconds at least, three at most.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void Add_Prefix_CountsForOneHoldAtLeastAndOneAndAHalfAtMost(double added)
    {
        Add(_b, Keys(1, first: 900), 0);
        Add(_a, Keys(10), added);

        Assert.Equal(10, Found(_a, Keys(10), added + 2));
        Assert.Equal(0, Found(_a, Keys(10), added + 3));
    }

    [Fact]
    public void Add_ForManyGenerations_TheOldestIsForgottenAndTheRestStays()
    {
        for (var second = 0; second < 12; second++)
        {
            Add(_a, Keys(10, first: (ulong)second * 100), second);
            Assert.Equal(10, Found(_a, Keys(10, first: (ulong)second * 100), second));
            if (second >= 2) Assert.Equal(10, Found(_a, Keys(10, first: (ulong)(second - 2) * 100), second));
            if (second >= 3) Assert.Equal(0, Found(_a, Keys(10, first: (ulong)(second - 3) * 100), second));
        }
    }

    [Fact]
    public void Add_TheSameAgain_OnlyWhatIsNewIsStored()
    {
        Assert.Equal(10, Add(_a, Keys(10), 0));
        Assert.Equal(0, Add(_a, Keys(10), 0.5));
        Assert.Equal(5, Add(_a, Keys(15), 0.5));
        Assert.Equal(15, Found(_a, Keys(20), 0.5));
        Assert.Equal(15, _routed.Blocks);
    }

    [Fact]
    public void Remove_Rank_NothingOfItIsLeftNorAddedAfterwards()
    {
        Add(_a, Keys(10), 0);
        Add(_b, Keys(10), 0);
        _routed.Remove(_a);

        Assert.Equal(0, Add(_a, Keys(10), 0));
        Assert.Equal((0, 10), (Found(_a, Keys(10), 0), Found(_b, Keys(10), 0)));
    }

    [Fact]
    public void Add_FarMoreThanItMayHold_TheOldestAreDropped()
    {
        for (var prompt = 0UL; prompt < 400; prompt++) Add(_a, Keys(4096, first: prompt * 10_000), 0);

        Assert.InRange(_routed.Blocks, 4096 * 20, 4096 * 200);
        Assert.Equal((0, 4096), (Found(_a, Keys(4096), 0), Found(_a, Keys(4096, first: 399 * 10_000), 0)));
    }

    [Fact]
    public void AddAndWalk_KnownRanks_AllocateNothing()
    {
        var keys = Keys(100);
        Add(_a, keys, 0);
        var allocated = long.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            _routed.Walk(keys, _scratch);
            _routed.Add(_a, keys, _scratch, At(0), Hold);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocated);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static BlockKey[] Keys(int count, ulong first = 0) => [.. Enumerable.Range(0, count).Select(i => new BlockKey((first + (ulong)i + 1) * 0x9E3779B97F4A7C15))];

    private int Add(RoutedHolders rank, BlockKey[] keys, double seconds) => _routed.Add(rank, keys, _scratch, At(seconds), Hold);

    private int Found(RoutedHolders rank, BlockKey[] keys, double seconds)
    {
        _routed.Walk(keys, _scratch);
        return RoutedPrefixes.BlocksOf(rank, _scratch, _routed.Alive(At(seconds), Hold));
    }
}
