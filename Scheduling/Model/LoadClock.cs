namespace OrleansKvRouter.Scheduling.Model;

/// <summary>
/// The time by which what other replicas say of loads is fresh or not. It stands still between two calls of <see cref="Refresh"/>:
/// a decision asks the system for the time once, however many endpoints it weighs. Any thread may call it.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="bound">How old what somebody said may be.</param>
public sealed class LoadClock(TimeProvider time, TimeSpan bound)
{
    private long _now = Read(time);

    /// <summary>Since any beginning, the same for all that read this time.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(Volatile.Read(ref _now));

    public void Refresh() => Volatile.Write(ref _now, Read(time));

    /// <summary>Whether what was said then counts still.</summary>
    public bool IsFresh(TimeSpan said) => Now - said <= bound;

    private static long Read(TimeProvider time) => time.GetElapsedTime(0).Ticks;
}
