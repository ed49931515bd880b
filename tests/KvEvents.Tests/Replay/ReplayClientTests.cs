using System.Buffers.Binary;
using System.Collections.Concurrent;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Replay;

/// <summary>Replays by a ROUTER that drops, stops or talks nonsense, which the Python publisher never does.</summary>
public sealed class ReplayClientTests : IDisposable, IReplaySink
{
    private readonly ZmqContext _context = ZmqContext.Create().Value!;
    private readonly ZmqMessagePool _messages = new(capacity: 4);
    private readonly ConcurrentQueue<long> _asked = new();
    private readonly List<long> _received = [];
    private readonly ZmqSocket _router;
    private Fault? _fault;
    private bool _ended;

    public ReplayClientTests()
    {
        _router = _context.Open(ZmqSocketType.Router).Value!;
        Assert.Null(_router.Bind("tcp://127.0.0.1:*"));
    }

    public void Dispose()
    {
        _router.Dispose();
        _messages.Dispose();
        _context.Dispose();
    }

    [Fact]
    public async Task Run_RouterDropsInTheMiddle_AskedAgainFromTheHole()
    {
        await RunAsync(start: 3, [3, 4, 7, 8, null], [5, 6, 7, 8, null]);

        Assert.Equal([3, 4, 5, 6, 7, 8], _received);
        Assert.Equal([3, 5], _asked);
        Assert.True(_ended);
        Assert.Null(_fault);
    }

    [Fact]
    public async Task Run_RouterDropsTheEndOfALongAnswer_AskedForTheRest()
    {
        await RunAsync(start: 0, [.. Enumerable.Range(0, 600).Select(number => (long?)number), null], [600, 601, null]);

        Assert.Equal(Enumerable.Range(0, 602).Select(number => (long)number), _received);
        Assert.Equal([0, 600], _asked);
    }

    [Fact]
    public async Task Run_HoleThatAFreshAnswerHasToo_TheRestIsHandedOver()
    {
        await RunAsync(start: 0, [0, 2, null], [2, 3, null]);

        Assert.Equal([0, 2, 3], _received);
        Assert.Null(_fault);
    }

    [Fact]
    public async Task Run_RouterFallsSilent_TriedAgainFromThereAndGivenUp()
    {
        var options = new ReplayOptions { Patience = TimeSpan.FromSeconds(1), Attempts = 3, Backoff = TimeSpan.FromMilliseconds(1) };
        var running = Start(start: 0, options);

        // When the machine stalls, the first question is asked again too: whatever is asked from 0 is answered, the rest never.
        while (!running.IsCompleted)
        {
            if (_router.Poll(TimeSpan.FromMilliseconds(20))) Answer(asked => asked == 0 ? [0, 1] : []);
        }

        await running;
        Assert.Equal([0, 1], _received);
        Assert.Equal([0, 2], _asked.Distinct());
        Assert.Equal(3, _asked.Count(asked => asked == 2));
        Assert.Contains("was silent", _fault?.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NobodyListens_FaultAtOnce()
    {
        var request = new ReplayRequest($"tcp://127.0.0.1:{Ports.Take()}", 0, 0, this);
        await Task.Run(() => new ReplayClient(_context, _messages, new ReplayOptions { Backoff = TimeSpan.Zero }).Run(request, CancellationToken.None));

        Assert.Contains("replay_endpoint", _fault?.Mend, StringComparison.Ordinal);
    }

    bool IReplaySink.Replayed(ReplayRequest request, long sequence, ZmqMessage payload)
    {
        _received.Add(sequence);
        _messages.Return(payload);
        return true;
    }

    void IReplaySink.ReplayEnded(ReplayRequest request, Fault? fault) => (_ended, _fault) = (true, fault);

    /// <summary>Runs a replay against a ROUTER that has one answer for each time it is asked; null is the end marker.</summary>
    private async Task RunAsync(long start, params long?[][] answers)
    {
        // Patience that a busy machine does not use up: an answer that comes late would be asked for twice.
        var running = Start(start, new ReplayOptions { Patience = Eventually.Limit, Backoff = TimeSpan.FromMilliseconds(1) });
        foreach (var answer in answers)
        {
            Assert.True(_router.Poll(Eventually.Limit));
            Answer(_ => answer);
        }

        await running.WaitAsync(Eventually.Limit);
    }

    private Task Start(long start, ReplayOptions options)
    {
        var request = new ReplayRequest($"tcp://127.0.0.1:{_router.LastPort}", start, 0, this);
        return Task.Run(() => new ReplayClient(_context, _messages, options).Run(request, CancellationToken.None));
    }

    /// <summary>Takes a question and answers it, by where it begins.</summary>
    private void Answer(Func<long, long?[]> answerTo)
    {
        using ZmqMessage identity = new(), empty = new(), first = new();
        foreach (var frame in new[] { identity, empty, first }) _router.Receive(frame);
        Assert.False(first.More);
        var asked = BinaryPrimitives.ReadInt64BigEndian(first.Data);
        _asked.Enqueue(asked);
        foreach (var number in answerTo(asked))
        {
            byte[][] frames = [identity.Data.ToArray(), [], Publisher.Sequence(number ?? -1), number is null ? [] : [1]];
            for (var i = 0; i < frames.Length; i++) _router.Send(frames[i], more: i < frames.Length - 1);
        }
    }
}
