using System.Threading.Channels;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.EngineSim.Events;

namespace OrleansKvRouter.EngineSim.Running;

/// <summary>
/// The engine's one loop, the only one to touch its core: take in what arrived, schedule a step, let it take its time,
/// announce, hand out tokens. Everybody else posts commands and reads the statistics, which are replaced as a whole.
/// </summary>
internal sealed class EngineLoop : IAsyncDisposable
{
    private readonly Channel<Action> _commands = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly Dictionary<Sequence, (Generation Generation, int Choice)> _generations = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly EngineCore _core;
    private readonly StepPace _pace;
    private readonly EventPublisher? _publisher;
    private readonly TimeProvider _time;
    private readonly Task _running;
    private volatile CoreStatistics _statistics;

    public EngineLoop(EngineCore core, EngineSpeed speed, EventPublisher? publisher, TimeProvider time)
    {
        (_core, _publisher, _time) = (core, publisher, time);
        _pace = new StepPace(speed, time);
        _statistics = core.Statistics;
        _running = Task.Run(RunAsync);
    }

    public CoreStatistics Statistics => _statistics;

    public LatencyHistograms Latencies { get; } = new();

    /// <summary>Takes a request in. Its sequences' prompts and answers must fit the cache.</summary>
    public Generation Submit(IReadOnlyList<Sequence> sequences)
    {
        var generation = new Generation(sequences, _time.GetTimestamp());
        var posted = Post(() =>
        {
            for (var choice = 0; choice < sequences.Count; choice++)
            {
                _generations.Add(sequences[choice], (generation, choice));
                _core.Submit(sequences[choice]);
            }
        });
        if (!posted) generation.Cut();
        return generation;
    }

    /// <summary>Ends a request whose client is gone; one that has ended already is passed over.</summary>
    public void Abort(Generation generation) => Post(() =>
    {
        foreach (var sequence in generation.Sequences)
        {
            if (_generations.Remove(sequence)) _core.Abort(sequence);
        }

        generation.Cut();
    });

    /// <summary>Forgets the prefix cache between two steps; false when a block is in use or the engine has stopped.</summary>
    /// <param name="announce">Whether the events say so.</param>
    public Task<bool> ResetPrefixCacheAsync(bool announce)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(() => done.SetResult(_core.ResetPrefixCache(announce))) ? done.Task : Task.FromResult(false);
    }

    /// <summary>Stops after the current step and ends the requests that are still open.</summary>
    public async ValueTask DisposeAsync()
    {
        _commands.Writer.TryComplete();
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private bool Post(Action command) => _commands.Writer.TryWrite(command);

    private async Task RunAsync()
    {
        try
        {
            while (await _commands.Reader.WaitToReadAsync(_stop.Token))
            {
                TakeCommands();
                _pace.Start();
                while (_core.HasWork)
                {
                    await StepAsync();
                    TakeCommands();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop; what is left to do is done below, as it is when a bug ends the loop.
        }
        finally
        {
            _commands.Writer.TryComplete();
            TakeCommands();
            foreach (var (generation, _) in _generations.Values) generation.Cut();
        }
    }

    private void TakeCommands()
    {
        while (_commands.Reader.TryRead(out var command)) command();
        _statistics = _core.Statistics;
    }

    private async ValueTask StepAsync()
    {
        var plan = _core.BeginStep();
        _statistics = _core.Statistics;
        await _pace.WaitAsync(plan, _stop.Token);
        var output = _core.EndStep();
        // Announced before the answer goes out: who has the answer may count on the announcement being on its way.
        _publisher?.Publish(output.Events);
        _statistics = _core.Statistics;
        foreach (var token in output.Tokens) HandOut(token);
    }

    private void HandOut(GeneratedToken token)
    {
        var (generation, choice) = _generations[token.Sequence];
        if (!generation.HasBegun) Latencies.FirstToken.Observe(_time.GetElapsedTime(generation.Submitted));
        var isLast = token.Sequence.IsComplete;
        if (isLast) _generations.Remove(token.Sequence);
        if (generation.Write(choice, token.Token, isLast)) Latencies.EndToEnd.Observe(_time.GetElapsedTime(generation.Submitted));
    }
}
