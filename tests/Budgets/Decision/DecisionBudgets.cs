using System.Text;
using BenchmarkDotNet.Attributes;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tests.Budgets.Running;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tests.Budgets.Decision;

/// <summary>
/// The whole decision, from a body of token ids to the pick, and its parts: reading the body, whose arrays grow with the prompt (20 bytes
/// a token), and everything after that, which allocates nothing per block or token.
/// </summary>
public class DecisionBudgets
{
    private const int BlockSize = RunningNode.BlockSize;
    private const string Completion = "/v1/completions";
    private readonly Workspace _work = new();
    private RunningNode _node = null!;
    private PoolView _view = null!;
    private byte[] _body = [];
    private InferenceRequest _request = null!;
    private PickRequest _asked = null!;

    [Params(64, 512)]
    public int Blocks { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _node = new RunningNode();
        var ids = Enumerable.Range(100, Blocks * BlockSize).Select(i => (uint)i).ToArray();
        _node.Hold(ids);
        _view = _node.Pool.View;
        _body = Encoding.UTF8.GetBytes($$"""{"model":"Qwen3-32B","prompt":[{{string.Join(',', ids)}}]}""");
        _request = RequestParser.Parse(_body, RequestKind.Completion).Value!;
        _asked = new PickRequest { RequestId = "r", Path = Completion, Body = _body };
    }

    [GlobalCleanup]
    public void Stop() => _node.Dispose();

    /// <summary>One small object a request.</summary>
    [Benchmark]
    [AllocationBudget(24)]
    public void FindPrefix()
    {
        _work.Reset(_view.Candidates.Length);
        if (Done(_node.Prefixes.FindAsync(_node.Pool, _view, _request, _work, default)) is { } fault) throw new InvalidOperationException(fault.ToString());
    }

    [Benchmark]
    [AllocationBudget(1000, Each = 20 * BlockSize, Of = nameof(Blocks))]
    public object? Parse() => RequestParser.Parse(_body, RequestKind.Completion).Value;

    [Benchmark]
    [AllocationBudget(1400, Each = 20 * BlockSize, Of = nameof(Blocks))]
    public void Decide()
    {
        var outcome = Done(_node.Picker.PickAsync(_asked, default));
        ((PickOutcome.Picked)outcome).Lease.Dispose();
    }

    /// <summary>Over an index in this process nothing waits.</summary>
    private static T Done<T>(ValueTask<T> step) =>
        step.IsCompletedSuccessfully ? step.Result : throw new InvalidOperationException("a decision over an index in this process waits for nothing");
}
