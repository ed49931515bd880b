namespace OrleansKvRouter.Tests.EngineSim.Running;

/// <summary>A clock that moves when a timer is waited for: each timer goes off at once, late by as much as is set.</summary>
internal sealed class JumpingTime : TimeProvider
{
    private long _now;

    /// <summary>How late timers go off.</summary>
    public TimeSpan Lateness { get; set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    /// <summary>Something else takes time.</summary>
    public void Advance(TimeSpan time) => _now += time.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _now += dueTime.Ticks + Lateness.Ticks;
        ThreadPool.QueueUserWorkItem(_ => callback(state));
        return new Done();
    }

    private sealed class Done : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
