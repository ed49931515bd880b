using System.Collections.Concurrent;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Replay;

/// <summary>
/// Threads that run replays, a few engines at a time; the others wait their turn in order. Any thread may start one. To
/// end: cancel, shut the context down, so that no thread waits for an engine, and dispose.
/// </summary>
internal sealed class ReplayWorkers : IReplays, IDisposable
{
    private readonly BlockingCollection<ReplayRequest> _requests = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ReplayClient _client;
    private readonly Thread[] _threads;

    public ReplayWorkers(ZmqContext context, ZmqMessagePool messages, ReplayOptions options)
    {
        _client = new ReplayClient(context, messages, options);
        _threads = new Thread[options.Parallel];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Run) { Name = $"kv-replay-{i}", IsBackground = true };
            _threads[i].Start();
        }
    }

    public void Start(ReplayRequest request) => _requests.Add(request);

    /// <summary>Has all replays end without a word to their sinks.</summary>
    public void Cancel() => _stop.Cancel();

    /// <summary>On return no sink is called any more.</summary>
    public void Dispose()
    {
        Cancel();
        foreach (var thread in _threads) thread.Join();
        _stop.Dispose();
        _requests.Dispose();
    }

    private void Run()
    {
        try
        {
            foreach (var request in _requests.GetConsumingEnumerable(_stop.Token)) _client.Run(request, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end of the enumeration, by its own convention.
        }
    }
}
