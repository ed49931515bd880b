using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Bench.Index;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Index;

/// <summary>Events of 64 blocks into the index and out of it, one holder among others.</summary>
public class WriteBudgets
{
    private const int Kept = 1_000;
    private BuiltIndex _built = null!;
    private ChainWorkload _chains = null!;
    private BlockKey[] _own = null!;
    private int _next;

    [GlobalSetup]
    public void Build()
    {
        _built = BuiltIndex.Full(new ChainWorkload(memberships: 100_000, length: ChainWorkload.EventBlocks, workers: 8));
        _chains = new ChainWorkload(memberships: 24_000 * ChainWorkload.EventBlocks, length: ChainWorkload.EventBlocks, workers: 8);
        _own = [.. Enumerable.Range(0, ChainWorkload.EventBlocks).Select(ChainWorkload.Unseen)];
        Holder = _built.Index.AddHolder();
        for (; _next < Kept; _next++) _built.Store(Holder, _chains.Chain(_next));
    }

    private HolderId Holder { get; set; }

    [Benchmark]
    [AllocationBudget(0)]
    public void StoreAndRemove_SameBlocks()
    {
        _built.Store(Holder, _own);
        _built.Remove(Holder, _own);
    }

    [Benchmark]
    [AllocationBudget(0)]
    public void Store_BlocksThatItHolds() => _built.Store(Holder, _chains.Chain((_next + Kept - 1) % _chains.Chains));

    /// <summary>
    /// A full cache: what is stored takes the place of what was stored long before. What is allocated are the directory's segments, built
    /// anew when deleted slots have filled a quarter: at most 20 bytes a block.
    /// </summary>
    [Benchmark]
    [AllocationBudget(20 * ChainWorkload.EventBlocks)]
    public void StoreAndRemove_NewBlocks()
    {
        _built.Store(Holder, _chains.Chain(_next % _chains.Chains));
        _built.Remove(Holder, _chains.Chain((_next - Kept) % _chains.Chains));
        _next++;
    }
}
