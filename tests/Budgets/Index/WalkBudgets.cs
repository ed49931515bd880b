using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Bench.Index;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Index;

/// <summary>Block keys → how many leading blocks each of 100 endpoints holds, over the chains of <c>bench index</c>.</summary>
public class WalkBudgets
{
    private readonly PrefixMatches _matches = new();
    private BuiltIndex _built = null!;
    private ChainQueries _queries = null!;
    private int _next;

    [Params("full", "half", "miss", "mix")]
    public string Prompts { get; set; } = "";

    [Params(64, 500)]
    public int Blocks { get; set; }

    [GlobalSetup]
    public void Build()
    {
        var workload = new ChainWorkload(memberships: 200_000, Blocks, workers: 100);
        _built = BuiltIndex.Full(workload);
        _queries = new ChainQueries(workload, Prompts, seed: 1);
    }

    [Benchmark]
    [AllocationBudget(0)]
    public void Walk()
    {
        _built.Index.Walk(_queries[_next], _matches);
        if (++_next == _queries.Count) _next = 0;
    }
}
