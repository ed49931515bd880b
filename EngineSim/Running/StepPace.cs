using OrleansKvRouter.EngineSim.Core;

namespace OrleansKvRouter.EngineSim.Running;

/// <summary>
/// Lets a step take the time that the real one would: its prefill tokens at the prefill rate, plus one decode interval
/// when any sequence decodes. Timers fire late, by up to some milliseconds; what a step took too long the next ones
/// take less, so that rates hold over time, but never more than <see cref="MostDebt"/>: a machine that cannot keep
/// up makes a slow engine, not bursts.
/// </summary>
internal sealed class StepPace(EngineSpeed speed, TimeProvider time)
{
    private static readonly TimeSpan MostDebt = TimeSpan.FromMilliseconds(50);

    /// <summary>Shortest pause that a timer is asked for.</summary>
    private static readonly TimeSpan TimerResolution = TimeSpan.FromMilliseconds(1);

    private long _due;

    /// <summary>Begins to count when an idle engine gets work.</summary>
    public void Start() => _due = time.GetTimestamp();

    public async ValueTask WaitAsync(StepPlan plan, CancellationToken cancellation)
    {
        var cost = Cost(plan);
        if (cost > TimeSpan.Zero)
        {
            var latest = time.GetTimestamp() - Ticks(MostDebt);
            _due = Math.Max(_due, latest) + Ticks(cost);
            var left = time.GetElapsedTime(time.GetTimestamp(), _due);
            if (left >= TimerResolution)
            {
                await Task.Delay(left, time, cancellation);
                return;
            }
        }

        // A step that takes no time must not keep its thread from everybody else.
        await Task.Yield();
    }

    private TimeSpan Cost(StepPlan plan)
    {
        var seconds = plan.PrefillTokens / speed.PrefillTokensPerSecond;
        if (plan.Decodes > 0) seconds += 1 / speed.DecodeTokensPerSecond;
        return TimeSpan.FromSeconds(seconds * speed.TimeScale);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
