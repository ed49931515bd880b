using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling;
using OrleansKvRouter.Scheduling.Model;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Decision;

/// <summary>Matches and load of a thousand endpoints → the pick.</summary>
public class PickBudgets
{
    private const int Endpoints = 1_000;
    private readonly Scheduler _scheduler = new(seed: 1);
    private readonly TrafficPolicy _policy = new() { Admission = new AdmissionConfig { MaxQueueDepth = 4 } };
    private readonly int[] _matched = [.. Enumerable.Range(0, Endpoints).Select(i => i % 50 * 16)];
    private readonly EndpointScore[] _scores = new EndpointScore[Endpoints];
    private readonly Candidate[] _candidates = [.. Enumerable.Range(0, Endpoints).Select(Candidate)];
    private readonly EndpointSubset _subset = new(Enumerable.Range(0, Endpoints / 2).Select(i => Pod(i).Address));

    [Benchmark]
    [AllocationBudget(0)]
    public int Pick() => _scheduler.Pick(_candidates, new SchedulingRequest { MatchedTokens = _matched, PromptTokens = 1000 }, _policy).Index;

    [Benchmark]
    [AllocationBudget(0)]
    public int Pick_FromASubset() => _scheduler.Pick(_candidates, new SchedulingRequest { MatchedTokens = _matched, PromptTokens = 1000, Subset = _subset }, _policy).Index;

    [Benchmark]
    [AllocationBudget(0)]
    public int Score() => _scheduler.Explain(_candidates, new SchedulingRequest { MatchedTokens = _matched, PromptTokens = 1000 }, _policy, _scores).Index;

    private static EndpointSpec Pod(int i) => new("default", $"pod-{i}", "", $"10.0.{i / 250}.{i % 250}", 8000, 0, new Dictionary<string, string>(), true);

    private static Candidate Candidate(int i)
    {
        var load = new EndpointLoad();
        load.Metrics = new EngineMetrics(i % 5, 3, i % 10 / 10.0, ScrapedAt: 0);
        return new Candidate(Pod(i), new HolderId(i), load);
    }
}
