using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Tests.KvEvents.Matrix;

/// <summary>What a step lets the index say of an engine.</summary>
internal enum Claims
{
    /// <summary>What it holds.</summary>
    Exact,

    /// <summary>What it holds on its GPU. A clear says nothing of the other tiers, of which nothing wrong may be said.</summary>
    ExactOnGpu,

    /// <summary>Nothing that it does not hold: something was lost for good.</summary>
    NothingWrong,
}

/// <summary>A step of every engine's history.</summary>
internal sealed record Step(string Name, Claims Claims, object[][] Batches);

/// <summary>The history that every engine of the matrix goes through, over chains that share beginnings.</summary>
internal static class History
{
    private const int One = 0, Two = 1, Five = 2, Twelve = 3, Fork = 4, EarlyFork = 5, Adapter = 6, Salted = 7, Tailed = 8, Long = 9;

    /// <summary>Chains that need an adapter's name and a salt.</summary>
    public static int AdapterChain => Adapter;

    public static int SaltedChain => Salted;

    /// <summary>The chains in blocks of a size: of 1, 2, 5 and 12 blocks, two that leave the fourth after 5 and after 2, …</summary>
    public static FleetChain[] Chains(int blockSize)
    {
        var twelve = Tokens(Twelve, 12);
        return
        [
            new(Tokens(One, 1)), new(Tokens(Two, 2)), new(Tokens(Five, 5)), new(twelve),
            new([.. twelve[..(5 * blockSize)], .. Tokens(Fork, 4)]), new([.. twelve[..(2 * blockSize)], .. Tokens(EarlyFork, 8)]),
            new(Tokens(Five, 4), Lora: "sql-adapter"), new(Tokens(Five, 4), Salt: "tenant-a"),
            new([.. Tokens(Tailed, 3), 1, 2, 3, 4, 5]), new(Tokens(Long, 40)),
        ];

        uint[] Tokens(int chain, int blocks) => [.. Enumerable.Range(0, blocks * blockSize).Select(i => ((uint)chain * 9_973) + (uint)((i * 7_919) % 140_000))];
    }

    /// <summary>What happened before the router came.</summary>
    public static object[][] BeforeTheRouter { get; } =
    [
        [Store(One, 0, 1)], [Store(Two, 0, 2), Store(Five, 0, 3)], [Store(Five, 3, 5)], [Store(Twelve, 0, 12)],
        [Remove((Five, 4), (Twelve, 11))], [Store(Fork, 5, 9)], [Store(Tailed, 0, 3)],
    ];

    public static IReadOnlyList<Step> Steps { get; } =
    [
        Exact("late joining: all from before is replayed"),
        Exact("more chains", [Store(Long, 0, 40)], [Store(EarlyFork, 2, 10)], [Store(Adapter, 0, 4)], [Store(Salted, 0, 2)], [Store(Salted, 2, 4)]),
        Exact("a tail is evicted", [Remove((Long, 39), (Long, 38))]),
        Exact("a middle block is evicted, one that two chains share", [Remove((Twelve, 1))], [Remove((Five, 2))]),
        Exact("evicted blocks come again", [Store(Twelve, 1, 2), Store(Five, 2, 3)], [Store(Long, 38, 40)]),
        Exact("eviction and storing in one batch", [Remove((Two, 1)), Store(Two, 1, 2)], [Store(Two, 1, 2), Remove((Two, 1))]),
        Exact("second copies", [Store(One, 0, 1)], [Store(Five, 0, 5)]),
        Exact("one of two copies goes", [Remove((One, 0), (Five, 0), (Five, 3))]),
        Exact("the other goes too", [Remove((One, 0), (Five, 3))]),
        Exact("tags and fields from the future", [Unknown, Store(One, 0, 1, extend: true)], [Unknown], [Store(Five, 3, 4, extend: true), Unknown]),
        Exact("other groups", [StoreIn(1, "sliding_window", Long, 0, 40)], [StoreIn(1, "mamba", One, 0, 1)], [Short(Long, some: true)], [Short(Long, some: false)]),
        Exact("another group's eviction", [RemoveIn(1, (Long, 0), (Long, 1))]),
        Exact("the same blocks in other tiers", [Store(Long, 0, 12, "CPU")], [Store(Twelve, 0, 4, "cpu"), Store(Twelve, 0, 2, "Disk")], [Store(Five, 0, 2, "STORAGE")]),
        Exact("an unknown medium", [Store(Fork, 5, 9, "HBM-next")]),
        Exact("hashes alone for a tier", [Placeholder("CPU", Twelve, 4, 8)], [Placeholder("fs", Twelve, 2, 3)]),
        Exact("evictions of a tier", [RemoveFrom("Cpu", (Long, 3), (Twelve, 5))], [RemoveFrom("disk", (Twelve, 0))]),
        Exact("batches that are missing and can be replayed", Drop(Store(Salted, 0, 4)), Drop(Remove((Long, 20))), Drop(Store(One, 0, 1)), [Store(Two, 0, 1)]),
        Exact("one that is missing, between two that are not", [Store(Long, 20, 21)], Drop(Remove((Twelve, 6))), [Remove((Twelve, 7))]),
        Exact("a clear empties the GPU, not the other tiers", [Clear]),
        Exact("stores after a clear", [Store(Twelve, 0, 12)], [Store(Fork, 5, 9), Store(Long, 0, 8)]),
        Exact("a clear that is missing, replayed", Drop(Clear), Drop(Store(Five, 0, 5)), [Store(EarlyFork, 0, 6)]),
        Bounded("batches that nobody has any more", Lose(Remove((Five, 1))), Lose(Store(Long, 0, 10)), [Store(Two, 0, 2)]),
        Bounded("children of what was lost", [Store(Long, 10, 20)], [Remove((Long, 12))], [Store(Five, 1, 2)], [Store(Adapter, 0, 4)]),
        new("a clear makes the GPU whole again", Claims.ExactOnGpu, [[Clear], [Store(Five, 0, 5), Store(Long, 0, 40)], [Store(Adapter, 0, 4), Store(Salted, 0, 4)]]),
        Bounded("lost again", [Store(Twelve, 0, 6)], Lose(Remove((Long, 0), (Twelve, 0))), [Remove((Five, 4))]),
        Exact("a restart makes whole again", Restart, [Store(Twelve, 0, 12)], [Store(One, 0, 1)]),
        Exact("a restart that is not heard before it has got further", [Store(Five, 0, 5)], Restart,
            Drop(Store(Two, 0, 2)), Drop(Store(Five, 0, 3)), Drop(Store(Long, 0, 9)), Drop(Remove((Five, 2))), Drop(Store(Tailed, 0, 3)), [Store(Salted, 0, 4)]),
        Exact("a restart that shows in nothing but the time of a batch", [Store(One, 0, 1)], Restart,
            Drop(Store(Long, 0, 5)), Drop(Store(Five, 0, 5)), Drop(Store(Two, 0, 2)), Drop(Store(One, 0, 1)), Drop(Remove((Long, 3))), Drop(Store(Twelve, 0, 7)), Drop(Store(Fork, 0, 9)), Drop(Store(Tailed, 0, 2)), [Remove((Twelve, 6))]),
        Exact("a last batch that is missing", Drop(Store(EarlyFork, 0, 10), Remove((Five, 0)))),
    ];

    private static object Clear => new { clear = true };

    private static object Unknown => new { unknown = true };

    private static object[] Restart => [new { restart = true }];

    private static Step Exact(string name, params object[][] batches) => new(name, Claims.Exact, batches);

    private static Step Bounded(string name, params object[][] batches) => new(name, Claims.NothingWrong, batches);

    private static object[] Drop(params object[] ops) => [new { fate = "drop" }, .. ops];

    private static object[] Lose(params object[] ops) => [new { fate = "lose" }, .. ops];

    private static object Store(int chain, int from, int to, string medium = "GPU", bool extend = false) => new { store = new[] { chain, from, to }, medium, extend };

    private static object StoreIn(int group, string kind, int chain, int from, int to) => new { store = new[] { chain, from, to }, group, kind };

    private static object Short(int chain, bool some) => new { @short = new[] { chain, 4, 9 }, some };

    private static object Placeholder(string medium, int chain, int from, int to) => new { placeholder = new[] { chain, from, to }, medium };

    private static object Remove(params (int Chain, int Block)[] blocks) => RemoveFrom("GPU", blocks);

    private static object RemoveFrom(string medium, params (int Chain, int Block)[] blocks) => new { remove = Pairs(blocks), medium };

    private static object RemoveIn(int group, params (int Chain, int Block)[] blocks) => new { remove = Pairs(blocks), group };

    private static int[][] Pairs((int Chain, int Block)[] blocks) => [.. blocks.Select(block => new[] { block.Chain, block.Block })];
}
