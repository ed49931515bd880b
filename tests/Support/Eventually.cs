using System.Diagnostics;

namespace OrleansKvRouter.Tests.Support;

/// <summary>Waiting for a state that another thread or process brings about.</summary>
public static class Eventually
{
    /// <summary>
    /// How long a test waits for anything that must come: so long that no machine, however busy, uses it up. Only a test that
    /// fails ever waits that long.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Returns as soon as <paramref name="holds"/> does; throws with <paramref name="what"/> after <see cref="Limit"/>, or
    /// after <paramref name="within"/> where it takes even longer.
    /// </summary>
    public static async Task TrueAsync(Func<bool> holds, string what, TimeSpan? within = null) =>
        await TrueAsync(() => Task.FromResult(holds()), what, within);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static async Task TrueAsync(Func<Task<bool>> holds, string what, TimeSpan? within = null)
    {
        var limit = within ?? Limit;
        var started = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(started) > limit) throw new TimeoutException($"not within {limit.TotalSeconds:0} s: {what}");
            await Task.Delay(10);
        }
    }
}
