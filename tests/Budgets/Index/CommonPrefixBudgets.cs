using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Bench.Index;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Index;

/// <summary>A prompt of which each of 200 endpoints holds another length, walked as the router does.</summary>
public class CommonPrefixBudgets
{
    private const int Holders = 200;
    private readonly InMemoryBlockIndex _index = new();
    private readonly PrefixMatches _matches = new();
    private readonly BlockKey[] _prompt = [.. Enumerable.Range(0, 10 * Holders).Select(ChainWorkload.Unseen)];

    [GlobalSetup]
    public void Build()
    {
        for (var h = 1; h <= Holders; h++) _index.Store(_index.AddHolder(), null, _prompt.AsSpan(0, 10 * h));
    }

    [Benchmark]
    [AllocationBudget(0)]
    public void WalkAsync()
    {
        var walk = _index.WalkAsync(_prompt, _matches);
        if (!walk.IsCompletedSuccessfully || _matches.Holders.Length != Holders) throw new InvalidOperationException("the walk waits, or misses endpoints");
    }
}
