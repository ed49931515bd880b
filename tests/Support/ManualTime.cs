namespace OrleansKvRouter.Tests.Support;

/// <summary>Time that passes when the test says so, from the Unix epoch on. Any thread may use it.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that are to go off once: delays that somebody waits for, and timeouts.</summary>
    public int Delays
    {
        get { lock (_lock) return _timers.Count(timer => timer.Period == Timeout.InfiniteTimeSpan); }
    }

    /// <summary>Timers that go off again and again.</summary>
    public int Tickers
    {
        get { lock (_lock) return _timers.Count(timer => timer.Period != Timeout.InfiniteTimeSpan); }
    }

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    /// <summary>Lets time pass. Timers that fall due go off on this thread, each at its own time and one after the other.</summary>
    public void Pass(TimeSpan time)
    {
        var until = GetTimestamp() + time.Ticks;
        while (NextDue(until) is { } timer) timer.GoOff();
        Interlocked.Exchange(ref _now, until);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>The first timer that is due by then, with the clock at its time; null when there is none.</summary>
    private Timer? NextDue(long until)
    {
        lock (_lock)
        {
            if (_timers.MinBy(timer => timer.Due) is not { } first || first.Due > until) return null;
            Interlocked.Exchange(ref _now, Math.Max(_now, first.Due));
            if (first.Period == Timeout.InfiniteTimeSpan) _timers.Remove(first);
            else first.Due += first.Period.Ticks;
            return first;
        }
    }

    private sealed class Timer(ManualTime time, Action goOff) : ITimer
    {
        public long Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void GoOff() => goOff();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                (Due, Period) = (time.GetTimestamp() + dueTime.Ticks, period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period);
                time._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
