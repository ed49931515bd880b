namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>Ends the process, naming the input, when one input takes longer than any machine could excuse.</summary>
internal sealed class FuzzWatch : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly Timer _timer;
    private readonly int _seed;
    private byte[] _input = [];
    private long _number;
    private long _begun = Environment.TickCount64;
    private long _slowest;

    public FuzzWatch(int seed)
    {
        _seed = seed;
        _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>The longest that one input took, to about 16 ms; the machine's own pauses are in it.</summary>
    public TimeSpan Slowest => TimeSpan.FromMilliseconds(_slowest);

    public void Begin(long number, byte[] input)
    {
        var now = Environment.TickCount64;
        _slowest = Math.Max(_slowest, now - _begun);
        Volatile.Write(ref _number, number);
        Volatile.Write(ref _input, input);
        Volatile.Write(ref _begun, now);
    }

    public void Dispose()
    {
        _timer.Dispose();
        Volatile.Write(ref _begun, long.MaxValue);
    }

    private void Look()
    {
        if (Environment.TickCount64 - Volatile.Read(ref _begun) < Limit.TotalMilliseconds) return;
        Environment.FailFast($"{new FuzzFindingException(_seed, Volatile.Read(ref _number), Volatile.Read(ref _input), $"takes longer than {Limit}").Message}");
    }
}
