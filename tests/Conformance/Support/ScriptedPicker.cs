using System.Collections.Concurrent;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>A picker that answers as the test says, and remembers what it was asked and which leases still run.</summary>
public sealed class ScriptedPicker : IEndpointPicker
{
    private int _released;

    public ConcurrentQueue<PickRequest> Asked { get; } = new();

    /// <summary>What leases were told of the engines' caches.</summary>
    public ConcurrentQueue<ReportedUsage> Reported { get; } = new();

    public Func<PickRequest, CancellationToken, Task<PickOutcome>> Script { get; set; } = null!;

    /// <summary>Leases that were disposed, counting every time.</summary>
    public int Released => Volatile.Read(ref _released);

    public async ValueTask<PickOutcome> PickAsync(PickRequest request, CancellationToken cancellation)
    {
        // The body is only on loan during the call.
        Asked.Enqueue(request.Body is { } body ? request with { Body = body.ToArray() } : request);
        return await Script(request, cancellation);
    }

    public void Reset()
    {
        Asked.Clear();
        Reported.Clear();
        Volatile.Write(ref _released, 0);
        PickAlways("10.0.0.1:8000");
    }

    public void PickAlways(string destination) => Script = (_, _) => Task.FromResult(Pick(destination));

    public void RefuseAlways(int status, string what) =>
        Script = (_, _) => Task.FromResult<PickOutcome>(new PickOutcome.Refused(status, new Fault(what)));

    public PickOutcome Pick(string destination, int? rank = null) => new PickOutcome.Picked(destination, new Lease(this)) { Rank = rank };

    private sealed class Lease(ScriptedPicker picker) : IRequestLease
    {
        public bool WantsUsage => true;

        public void Report(ReportedUsage usage) => picker.Reported.Enqueue(usage);

        public void Dispose() => Interlocked.Increment(ref picker._released);
    }
}
